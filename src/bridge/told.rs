//! What this process was told, so that its threads say it once between them.

use std::collections::HashSet;
use std::sync::{LazyLock, Mutex};

use crate::lock::lock;

/// JavaScript bounds how many there are.
static TOLD: LazyLock<Mutex<HashSet<String>>> = LazyLock::new(Mutex::default);

/// True for the first who asks.
pub(super) fn is_news(what: String) -> bool {
    lock(&TOLD).insert(what)
}

#[cfg(test)]
mod tests {
    use super::is_news;
    use std::thread;

    #[test]
    fn each_thing_is_news_to_one_thread() {
        let ask = || thread::spawn(|| is_news("told".into()));
        let asked: Vec<_> = (0..4).map(|_| ask()).collect();
        let heard = asked.into_iter().map(|one| one.join().unwrap());
        assert_eq!(heard.filter(|&first| first).count(), 1);
        assert!(is_news("told otherwise".into()));
    }
}
