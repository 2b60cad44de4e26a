//! Rings when somebody writes to a file.

use std::path::Path;
use std::time::Duration;

pub(super) use system::Bell;

#[cfg(target_os = "linux")]
mod system {
    use std::fs::File;
    use std::io::Read;
    use std::sync::Arc;

    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    use rustix::fs::inotify::{CreateFlags, WatchFlags, add_watch, init, remove_watch};

    use super::{Duration, Path};

    /// An inotify instance; none where the system gives none, as for files of other machines: then time alone wakes.
    #[derive(Clone, Debug, Default)]
    pub(in crate::source::live) struct Bell {
        instance: Option<Arc<File>>,
        watched: Option<i32>,
    }

    impl Bell {
        /// A bell that nobody rings yet.
        pub(in crate::source::live) fn new() -> Self {
            let instance = init(CreateFlags::NONBLOCK | CreateFlags::CLOEXEC).ok();
            Self { instance: instance.map(|instance| Arc::new(File::from(instance))), watched: None }
        }

        /// From now on the file at `path` rings it, and no other.
        pub(in crate::source::live) fn hang_at(&mut self, path: &Path) {
            let Some(instance) = &self.instance else { return };
            if let Some(before) = self.watched.take() {
                // Of a file that is gone it went with it.
                let _ = remove_watch(instance, before);
            }
            self.watched = add_watch(instance, path, WatchFlags::MODIFY).ok();
        }

        /// Waits until it rings, `patience` at most.
        pub(in crate::source::live) fn wait(&self, patience: Duration) {
            let nanos = i64::from(patience.subsec_nanos());
            let time = Timespec { tv_sec: patience.as_secs().cast_signed(), tv_nsec: nanos };
            let Some(instance) = &self.instance else {
                std::thread::sleep(patience);
                return;
            };
            let mut fds = [PollFd::new(&**instance, PollFlags::IN)];
            if poll(&mut fds, Some(&time)).is_ok_and(|ready| ready > 0) {
                // What rang does not matter: who waits looks everywhere.
                let mut events = [0; 4096];
                while (&**instance).read(&mut events).is_ok_and(|count| count > 0) {}
            }
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod system {
    use super::{Duration, Path};

    /// Time alone wakes who waits.
    #[derive(Clone, Debug, Default)]
    pub(in crate::source::live) struct Bell;

    impl Bell {
        pub(in crate::source::live) fn new() -> Self {
            Self
        }

        pub(in crate::source::live) fn hang_at(&mut self, _path: &Path) {}

        pub(in crate::source::live) fn wait(&self, patience: Duration) {
            std::thread::sleep(patience);
        }
    }
}
