"""Writes a capture's expectation (NAME.toml) in one fixed order."""
import json
import os

ORDER = ["verdict", "cause", "severity", "confidence", "capability", "family", "route", "client",
         "server", "proxy", "host", "guess", "count", "system", "products", "evidence", "says"]


def value(item):
    """A TOML value: strings as basic strings (JSON's escapes are TOML's), lists on one line."""
    if isinstance(item, (list, tuple)):
        return "[" + ", ".join(value(part) for part in item) + "]"
    return json.dumps(item, ensure_ascii=False)


def write(outdir, name, *, title, shows, rows, truth, made="built", how=None, near_miss_of=(),
          position="client", options=(), files=(), notes=(), findings=(), report=(), endpoints=(), network_cleared=None):
    """`findings` are dicts of the fields to compare; `notes` become `# open:` comments."""
    lines = [f"title = {value(title)}", f"shows = {value(shows)}", f"rows = {value(rows)}"]
    if near_miss_of:
        lines.append(f"near_miss_of = {value(near_miss_of)}")
    lines += [f"made = {value(made)}", f"how = {value(how or 'run.py ' + name)}", f"truth = {value(truth)}",
              f"position = {value(position)}", f"options = {value(options)}"]
    if files:
        lines.append(f"files = {value(files)}")
    lines += [f"# open: {note}" for note in notes]
    if network_cleared is not None:
        lines.append(f"network_cleared = {value(network_cleared)}")
    for finding in findings:
        unknown = {key for key in finding if "." not in key} - set(ORDER)
        if unknown:
            raise ValueError(f"{name}: unknown fields {unknown}")
        lines += ["", "[[finding]]"]
        lines += [f"{key} = {value(finding[key])}" for key in ORDER if key in finding]
        lines += [f'"{key}" = {value(finding[key])}' for key in finding if "." in key]  # a fact inside `details`
    for place, item in report:  # places of the JSON report (RFC 6901) beside the findings
        lines += ["", "[[report]]", f"at = {value(place)}", f"is = {value(item)}"]
    for endpoint in endpoints:
        lines += ["", "[[endpoint]]"] + [f"{key} = {value(one)}" for key, one in endpoint.items()]
    with open(os.path.join(outdir, name + ".toml"), "w", encoding="utf-8") as out:
        out.write("\n".join(lines) + "\n")


def success(client, server, evidence, **more):
    """A direct probe that got the right answer."""
    return {"verdict": "ActiveHttpProbeSucceeded", "severity": "ok", "confidence": "high", "capability": "Internet",
            "family": "v6" if ":" in client else "v4", "route": "direct", "client": client, "server": server,
            "host": "ipv6.msftconnecttest.com" if ":" in client else "www.msftconnecttest.com",
            "evidence": evidence, **more}


def proxy_success(client, proxy, evidence, **more):
    """A probe that ended well through an explicit proxy."""
    return {"verdict": "ActiveHttpProbeSucceededViaProxy", "severity": "ok", "confidence": "high",
            "capability": "Internet", "family": "v4", "route": "explicit-proxy", "client": client, "server": "null",
            "proxy": proxy, "host": "www.msftconnecttest.com", "evidence": evidence, **more}


def dns_success(client, server, evidence, **more):
    """The DNS probe name got the expected address."""
    return {"verdict": "ActiveDnsProbeSucceeded", "severity": "ok", "confidence": "high", "client": client,
            "server": server, "host": "dns.msftncsi.com", "evidence": evidence, **more}


def hotspot(client, server, cause, evidence, **more):
    """A direct probe answered by somebody else."""
    return {"verdict": "HotspotDetected", "cause": cause, "severity": "error", "confidence": "high",
            "capability": "Local", "family": "v4", "route": "direct", "client": client, "server": server,
            "host": "www.msftconnecttest.com", "evidence": evidence, **more}


def no_http(client, server, cause, evidence, **more):
    """Resolved, and no HTTP answer came."""
    return {"verdict": "ActiveHttpProbeFailedButDnsSucceeded", "cause": cause, "severity": "error",
            "confidence": "high", "capability": "Local", "family": "v4", "route": "direct", "client": client,
            "server": server, "host": "www.msftconnecttest.com", "evidence": evidence, **more}


def store(outdir, name, data, ext="pcap", **meta):
    """Writes a capture and its expectation."""
    with open(os.path.join(outdir, f"{name}.{ext}"), "wb") as out:
        out.write(data)
    write(outdir, name, **meta)
