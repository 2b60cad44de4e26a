//! What one capture point has and another has not.

use super::facts::safe;
use crate::report::language::{Language, say};
use crate::verdict::Side;
use crate::verdict::elsewhere::{Elsewhere, Fate, Step};

/// `apart` as a sentence.
#[must_use]
pub fn remark(apart: &Elsewhere, language: Language) -> String {
    let step = step(apart, language);
    let (here, there) = (safe(&apart.here), safe(&apart.there));
    let seen = say!(
        language,
        "{step} was captured in {here} and never in {there}, although {there} holds other packets of this client at that \
         time:",
        "{step}は {here} にはありますが、{there} には一度も現れません（同じ時間帯のこのクライアントの他のパケットは {there} にあります）。"
    );
    let fate = match apart.fate {
        Fate::Lost => language.pick(
            " it was lost or dropped between the two points, or went another way.",
            "2 つの取得点の間で失われたか破棄された、または別の経路を通ったと考えられます。",
        ),
        Fate::Made => language.pick(
            " something between the two points made it, or it came another way.",
            "2 つの取得点の間にある装置が作った、または別の経路から届いたと考えられます。",
        ),
        Fate::Unknown => language.pick(
            " it was lost, dropped or made between the two points, or went another way.",
            "2 つの取得点の間で失われた・破棄された・作られた、または別の経路を通ったと考えられます。",
        ),
    };
    format!("{seen}{fate}")
}

fn step(apart: &Elsewhere, language: Language) -> &'static str {
    let by_client = apart.by == Side::Client;
    let (en, ja) = match apart.step {
        Step::Query => ("The DNS question", "DNS 問い合わせ"),
        Step::Answer => ("The DNS answer", "DNS 応答"),
        Step::Syn => ("The SYN", "SYN "),
        Step::SynAck => ("The SYN-ACK", "SYN-ACK "),
        Step::Refusal => ("The refusal (RST)", "接続拒否（RST）"),
        Step::Request => ("The request", "要求"),
        Step::Response => ("The response", "応答"),
        Step::ClientHello => ("The ClientHello", "ClientHello "),
        Step::ServerHello => ("The ServerHello", "ServerHello "),
        Step::Alert if by_client => ("The client's TLS alert", "クライアントの TLS アラート"),
        Step::Alert => ("The server's TLS alert", "サーバーの TLS アラート"),
        Step::Reset if by_client => ("The client's reset", "クライアントのリセット（RST）"),
        Step::Reset => ("The server's reset", "サーバーからのリセット（RST）"),
    };
    language.pick(en, ja)
}
