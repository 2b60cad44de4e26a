//! What keeps a confidence from being high.

use crate::report::language::{Language, say};
use crate::verdict::Doubt;

/// `doubt` in words.
#[must_use]
pub fn doubt(doubt: &Doubt, language: Language) -> String {
    match doubt {
        Doubt::DeadlineOutside { missing } => {
            let seconds = missing.as_secs_f64();
            say!(
                language,
                "the capture ends {seconds:.1} s before the time to wait is over",
                "判定の待ち時間が終わる {seconds:.1} 秒前に取得が終わっている"
            )
        }
        fixed => fixed_doubt(fixed, language).to_owned(),
    }
}

#[rustfmt::skip]
const fn fixed_doubt(doubt: &Doubt, language: Language) -> &'static str {
    let (en, ja) = match doubt {
        Doubt::SingleCopy => ("only one unanswered copy is in the capture, where the protocol repeats", "再送されるはずの要求が 1 回しか含まれていない"),
        Doubt::NoInboundTraffic => ("no traffic towards this client is in the capture at that time", "この時間帯にクライアント宛ての通信が取得されていない"),
        Doubt::UnseenAnswer => ("the client acknowledged or used something that is not in the capture", "クライアントは取得データにない応答を受け取っている"),
        Doubt::Drops => ("the capture lost packets at that time", "この時間帯に取得漏れがある"),
        Doubt::Gap => ("bytes are missing in the middle of the decisive message", "判定に必要な通信の途中が欠けている"),
        Doubt::Truncated => ("the decisive packet is cut", "判定に必要なパケットが切れている"),
        Doubt::Anonymised => ("addresses or contents were rewritten after capturing", "取得後にアドレスや内容が書き換えられている"),
        Doubt::EncodedBody => ("the body is compressed, and whether Windows decodes it is not known", "本文が圧縮されており、Windows が展開するか不明"),
        Doubt::EmbeddedText => ("the expected text stands inside other content: a success or a portal, depending on how Windows compares", "期待する文字列が他の内容に含まれている（比較方法により成功ともポータルとも読める）"),
        Doubt::UndocumentedStatus => ("how Windows treats this answer is not documented", "この応答に対する Windows の動作は文書化されていない"),
        Doubt::OtherSystem => ("how that system treats this answer is not documented, or depends on its version", "この応答に対するその OS の動作は文書化されていない、またはバージョンによる"),
        Doubt::SharedAddress => ("other names share this address, or the look-up was long ago: the connection may belong to something else", "同じアドレスを使う別の名前がある、または名前解決が古く、別の通信の可能性がある"),
        Doubt::HeadCut => ("the request is cut before its User-Agent", "要求が User-Agent の前で切れている"),
        Doubt::Sinkhole => ("the resolver answered with a null address; the connection never left the client", "無効なアドレスが返り、接続がクライアントから出ていない"),
        Doubt::ResolverFailure => ("the resolver's failure may be temporary or its policy", "リゾルバーの失敗は一時的、またはポリシーの可能性がある"),
        Doubt::AmbiguousRefusal => ("several causes end a handshake in this way", "この終わり方には複数の原因があり得る"),
        Doubt::UnprotectedOffer => ("the client offers only suites without encryption or authentication, which servers refuse for themselves", "クライアントが暗号化または認証のないスイートしか提示しておらず、それだけで拒否されることがある"),
        Doubt::AmbiguousRetry => ("the retry with a lower version may be another program", "低いバージョンの再試行は別のプログラムの可能性がある"),
        Doubt::PerhapsPortal => ("a portal that answers every request looks the same, and its answer to a probe is not in the capture", "すべての要求に応答するポータルでも同じように見え、プローブへの応答は含まれていない"),
        Doubt::AnyProgram => ("another program of the client may have done this, not the probe", "プローブではなく別のプログラムによる可能性がある"),
        Doubt::AmbiguousReset => ("who sent the reset cannot be told for certain", "リセットの送信元を断定できない"),
        Doubt::Evicted => ("state of this connection was given up under memory pressure", "メモリ不足でこの接続の情報が失われた"),
        Doubt::WindowsDisagrees => ("Windows' own events in this capture say otherwise", "取得データ内の Windows のイベントと一致しない"),
        Doubt::MidStream => ("the capture starts in the middle of this connection", "接続の途中から取得されている"),
        Doubt::GaveUpEarly => ("the client gave up just before the deadline", "クライアントが期限の直前に待機をやめている"),
        Doubt::EndedByClient => ("the client itself ended the connection before an answer came", "応答の前にクライアント自身が接続を終了している"),
        Doubt::AnswerAfterReset => ("the client had reset the connection when the answer came, and may not have read it", "応答が届いた時点でクライアントは接続をリセット済みで、応答を読んでいない可能性がある"),
        Doubt::RequestUnseen => ("the request is not in the capture; only its answer tells what was asked", "要求が取得されておらず、応答だけから要求の内容を判断している"),
        Doubt::EncryptedAlert => ("the alert is encrypted; its size is all that tells it from data", "アラートが暗号化されており、サイズだけでデータと区別している"),
        Doubt::DeadName => ("the list is a copy of one day; Microsoft may have given this name up since", "一覧は特定日の写しであり、この名前はその後廃止された可能性がある"),
        Doubt::ByAddressOnly => ("no look-up of the server's name is in the capture, only its address tells the set", "サーバー名の名前解決が取得されておらず、アドレスだけからエンドポイントを判断している"),
        Doubt::OthersUndecided => ("other attempts to the set cannot be judged from this capture", "同じエンドポイント群への他の試行は、この取得データから判断できない"),
        Doubt::BehindTheProxy => ("the proxy's own attempt is not in the capture", "プロキシ自身の接続が取得されていない"),
        Doubt::OnlyAPattern => ("Office's decision is not on the wire, only the pattern that it leaves", "Office の判断自体は通信に現れず、その痕跡だけから推定している"),
        Doubt::SignInUnseen => ("DNS or TLS is missing from the capture, so a sign-in may have gone unseen", "DNS または TLS が取得されておらず、サインインを見落としている可能性がある"),
        Doubt::NamelessTicket => ("a Kerberos ticket does not show whose it is: it may be several users", "Kerberos チケットからは利用者が分からず、複数の利用者の可能性がある"),
        Doubt::EarlierTries => ("the capture begins so late that the client may have tried newer versions just before", "取得開始の直前に、クライアントがより新しいバージョンを試した可能性がある"),
        Doubt::UnusedOffer => ("DHCP offers are in the capture, and the client took none: they may not have reached it", "DHCP の提示は取得データにあるが、クライアントは使っていない（届いていない可能性）"),
        Doubt::OtherRoute => ("a route may come from elsewhere: set by hand, or by a VPN", "手動設定や VPN など、別の経路がある可能性がある"),
        Doubt::LocalPrefix => ("the routers advertise a prefix that is not for the Internet", "インターネット用ではないプレフィックスが広告されている"),
        Doubt::NotOnTheWire => ("services, registry and policy of the client cannot be seen in packets", "クライアントのサービス・レジストリ・ポリシーはパケットからは見えない"),
        Doubt::DeadlineOutside { .. } => ("", ""),
    };
    language.pick(en, ja)
}
