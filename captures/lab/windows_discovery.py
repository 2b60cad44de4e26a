"""How a Windows client looks for its proxy: `wpad` in DNS, then the PAC file from whoever has the name."""

PAC_AGENT = "WinHttp-Autoproxy-Service/5.1"
NAME = "wpad.corp.example"


def pac_request(host=NAME, path="/wpad.dat", agent=PAC_AGENT):
    """The request for the PAC file as WinHTTP sends it."""
    return (f"GET {path} HTTP/1.1\r\nConnection: Close\r\nAccept: */*\r\nUser-Agent: {agent}\r\nHost: {host}\r\n\r\n").encode()


def pac(*proxies):
    """A PAC file that returns these, in order."""
    return 'function FindProxyForURL(url, host) {\n  if (isPlainHostName(host)) return "DIRECT";\n  return "' + "; ".join(proxies) + '";\n}\n'


def discover(win, name=NAME, request=None, **more):
    """Asks DNS for the name and fetches the file from its address: (what happened, bytes)."""
    answer = win.resolve(name)
    if answer is None or not answer.addresses:
        return "unresolved", b""
    return win.get(answer.addresses[0], request or pac_request(name), **more)
