"""How built captures are registered, and the addresses that most of them share."""
import capfile
import expect

C, W = "10.1.0.5", "203.0.113.80"


def built_in(scenarios):
    """A decorator that registers functions giving (scene, expectation[, bytes, extension])."""
    def named(name):
        def register(make):
            def run(outdir):
                scene, meta, *written = make()
                data, ext = written or (capfile.pcap(scene.frames), "pcap")
                expect.store(outdir, name, data, ext, **meta)
            scenarios[name] = run
            return make
        return register
    return named
