"""All built captures, and the scenarios of lines, mirror ports, odd programs and rewritten files, which register themselves."""
import build_dns
import build_hosts
import build_http
import build_proxy
import scenes_format  # noqa: F401
import scenes_link  # noqa: F401
import scenes_names  # noqa: F401
import scenes_odd  # noqa: F401
import scenes_wire  # noqa: F401

SCENARIOS = {}
for module in (build_http, build_dns, build_hosts, build_proxy):
    SCENARIOS.update(module.SCENARIOS)
