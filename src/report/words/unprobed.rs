//! A client that came up and sent no probe, with what keeps Windows from probing.

use super::facts::{Facts, list};
use super::{Story, advice};
use crate::report::language::{Language, say};
use crate::report::model::Audience;
use crate::verdict::{UnprobedCause, UnprobedDetails};

/// The words for a probe that was never sent.
#[must_use]
pub fn story(facts: &Facts<'_>) -> Story {
    let (language, client) = (facts.language, &facts.client);
    let blank = UnprobedDetails::default();
    let about = facts.finding.details.host.as_ref().and_then(|host| host.unprobed.as_deref()).unwrap_or(&blank);
    let mut story = Story::new(say!(
        language,
        "{client} came up and sent no probe within 60 s",
        "{client} は接続後 60 秒以内にプローブを送信していない"
    ))
    .tell(language.pick(
        "The link came up inside the capture and the minute after it is there, but no probe was sent. Why cannot be seen \
         in packets.",
        "接続確立とその後 1 分間が取得されていますが、プローブが送信されていません。理由はパケットからは見えません。",
    ))
    .tell(judge(about, language))
    .tell(language.pick(
        "The usual causes: that service does not run, the registry value EnableActiveProbing is 0, or the policy \
         NoActiveProbe is 1.",
        "主な原因：そのサービスの停止、レジストリ値 EnableActiveProbing が 0、ポリシー NoActiveProbe が 1。",
    ));
    if about.causes.contains(&UnprobedCause::OtherResolver) {
        let resolvers = list(language, &about.resolvers);
        story = story
            .tell(say!(
                language,
                "The client resolves other names at {resolvers}, which its lease does not name: perhaps by a DNS \
                 forwarder on the PC (127.0.0.1) or a VPN. By default Windows sends the look-ups of the probe only \
                 through the adapter that it judges, so that they never leave with such a resolver. This is inferred.",
                "クライアントは、リースにない DNS サーバー {resolvers} で他の名前を解決しています（PC 上の DNS フォワーダー\
                 （127.0.0.1）や VPN の可能性）。Windows の既定では、プローブの名前解決は判定対象のアダプターからのみ送信される\
                 ため、この構成では送信されないことがあります（推定）。"
            ))
            .advise(
                Audience::Client,
                language.pick(
                    "Compare `Get-DnsClientServerAddress` with the lease. With a forwarder on the PC, set the policy \
                     \"Specify global DNS\" (Windows 10 1709 and later): UseGlobalDns = 1 under \
                     HKLM\\SOFTWARE\\Policies\\Microsoft\\Windows\\NetworkConnectivityStatusIndicator, and restart.",
                    "`Get-DnsClientServerAddress` の結果をリースと比較してください。PC 上にフォワーダーがある場合は、ポリシー\
                     「グローバル DNS を指定する」（Windows 10 1709 以降）を設定し再起動します：\
                     HKLM\\SOFTWARE\\Policies\\Microsoft\\Windows\\NetworkConnectivityStatusIndicator の UseGlobalDns = 1。",
                ),
            );
    }
    if about.causes.contains(&UnprobedCause::KnownNetwork) {
        story = story.tell(language.pick(
            "Windows 7 and older may leave the probe out on a network whose gateway they know: then nothing is wrong.",
            "Windows 7 以前は、既知のゲートウェイのネットワークでプローブを省略することがあり、その場合は異常ではありません。",
        ));
    }
    story
        .advise(Audience::Client, services(about, language))
        .advise(
            Audience::Client,
            language.pick(
                "Check that probing is on: EnableActiveProbing must be 1 under HKLM\\SYSTEM\\CurrentControlSet\\Services\\\
                 NlaSvc\\Parameters\\Internet (the same key in all versions).",
                "プローブが有効か確認してください：HKLM\\SYSTEM\\CurrentControlSet\\Services\\NlaSvc\\Parameters\\Internet \
                 の EnableActiveProbing が 1 であること（全バージョン共通のキー）。",
            ),
        )
        .advise(
            Audience::Client,
            language.pick(
                "Check the policy with `gpresult /h`: NoActiveProbe must be absent or 0 under \
                 HKLM\\SOFTWARE\\Policies\\Microsoft\\Windows\\NetworkConnectivityStatusIndicator (\"Turn off Windows \
                 Network Connectivity Status Indicator active tests\"), and MaxActiveProbes there absent or 0.",
                "`gpresult /h` でポリシーを確認してください：HKLM\\SOFTWARE\\Policies\\Microsoft\\Windows\\\
                 NetworkConnectivityStatusIndicator の NoActiveProbe（「Windows ネットワーク接続状態インジケーターの\
                 アクティブなテストを無効にする」）が未設定または 0、MaxActiveProbes も未設定または 0 であること。",
            ),
        )
        .advise(Audience::Client, advice::judge_again(language))
        .otherwise(language.pick(
            "Any probe would refute it, also one over IPv6.",
            "プローブが 1 つでもあれば否定されます（IPv6 を含む）。",
        ))
}

/// Which service judges, by the version that was recognised.
fn judge(about: &UnprobedDetails, language: Language) -> String {
    let system = about.system.as_deref().unwrap_or("Windows");
    match about.services.as_slice() {
        [one] if one == "NlaSvc" => say!(
            language,
            "In {system} the service Network Location Awareness (NlaSvc) judges the connection.",
            "{system} では Network Location Awareness（NlaSvc）サービスが接続を判定します。"
        ),
        [one] if one == "netprofm" => say!(
            language,
            "In {system} the Network List Service (netprofm) judges the connection.",
            "{system} では Network List Service（netprofm）が接続を判定します。"
        ),
        _ => say!(
            language,
            "Which version it is, is not certain ({system}): up to Windows 10 and Server 2019 the service Network Location \
             Awareness (NlaSvc) judges the connection, from Windows 11 and Server 2022 the Network List Service (netprofm).",
            "バージョンは確定できません（{system}）。接続を判定するサービスは、Windows 10 / Server 2019 までは Network \
             Location Awareness（NlaSvc）、Windows 11 / Server 2022 以降は Network List Service（netprofm）です。"
        ),
    }
}

/// The services to look at.
fn services(about: &UnprobedDetails, language: Language) -> String {
    let services = match about.services.as_slice() {
        [] => "NlaSvc, netprofm".to_owned(),
        some => some.join(", "),
    };
    say!(
        language,
        "Check that the services run: `Get-Service Dhcp, {services}`.",
        "サービスの実行を確認してください：`Get-Service Dhcp, {services}`。"
    )
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::report::samples;
    use crate::verdict::{Cause, HostDetails, Verdict};

    fn words(about: UnprobedDetails, language: Language) -> (String, String) {
        let mut finding = samples::hotspot();
        (finding.verdict, finding.cause) = (Verdict::NoProbeSeen, Some(Cause::ProbeNeverSent));
        finding.details.host =
            Some(Box::new(HostDetails { unprobed: Some(Box::new(about)), ..HostDetails::default() }));
        let story = story(&Facts::new(&finding, language));
        let remedy: Vec<&str> = story.remedy.iter().map(|remedy| &*remedy.text).collect();
        (story.explanation.join(" "), remedy.join(" "))
    }

    #[test]
    fn the_service_of_the_version_is_named_and_no_other() {
        for &language in Language::ALL {
            let of = |services: &[&str]| {
                let services = services.iter().map(|&name| name.to_owned()).collect();
                words(UnprobedDetails { services, ..UnprobedDetails::default() }, language)
            };
            let (told, remedy) = of(&["NlaSvc"]);
            assert!(told.contains("(NlaSvc)") || told.contains("（NlaSvc）"), "{told}");
            assert!(!told.contains("netprofm") && !remedy.contains("netprofm"), "{told} {remedy}");
            let (told, remedy) = of(&["netprofm"]);
            assert!(!told.contains("NlaSvc") && remedy.contains("Dhcp, netprofm`"), "{told} {remedy}");
            let (told, remedy) = of(&["NlaSvc", "netprofm"]);
            assert!(told.contains("NlaSvc") && told.contains("netprofm") && remedy.contains("Dhcp, NlaSvc, netprofm`"));
            assert!(told.contains("EnableActiveProbing") && told.contains("NoActiveProbe"), "{told}");
        }
    }

    #[test]
    fn circumstances_are_told_where_they_are_seen() {
        for &language in Language::ALL {
            let (told, remedy) = words(UnprobedDetails::default(), language);
            assert!(!remedy.contains("UseGlobalDns") && !told.contains("Windows 7"), "{told}");
            let about = UnprobedDetails {
                resolvers: vec![[9, 9, 9, 9].into()],
                causes: vec![UnprobedCause::OtherResolver, UnprobedCause::KnownNetwork],
                ..UnprobedDetails::default()
            };
            let (told, remedy) = words(about, language);
            assert!(told.contains("9.9.9.9") && told.contains("Windows 7"), "{told}");
            assert!(remedy.contains("UseGlobalDns = 1"), "{remedy}");
        }
    }
}
