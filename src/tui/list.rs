//! A list that is scrolled: what is selected and what stands at the top.

/// Place in a list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct List {
    /// Index of the selected row.
    pub selected: usize,
    /// Index of the row at the top.
    pub top: usize,
}

impl List {
    /// Moves the selection by `rows` within `len`, and the window of `height` rows after it.
    pub fn step(&mut self, rows: isize, len: usize, height: usize) {
        self.select(self.selected.saturating_add_signed(rows), len, height);
    }

    /// Selects row `index`, or the last one where there are fewer.
    pub fn select(&mut self, index: usize, len: usize, height: usize) {
        self.selected = index.min(len.saturating_sub(1));
        self.keep(len, height);
    }

    /// Keeps the selection in sight and the window full.
    pub fn keep(&mut self, len: usize, height: usize) {
        self.selected = self.selected.min(len.saturating_sub(1));
        let height = height.max(1);
        if self.selected < self.top {
            self.top = self.selected;
        } else if self.selected >= self.top + height {
            self.top = self.selected + 1 - height;
        }
        self.top = self.top.min(len.saturating_sub(height));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_selection_stays_in_sight() {
        let mut list = List::default();
        list.step(7, 20, 5);
        assert_eq!(list, List { selected: 7, top: 3 });
        list.step(-5, 20, 5);
        assert_eq!(list, List { selected: 2, top: 2 });
        list.step(isize::MAX, 20, 5);
        assert_eq!(list, List { selected: 19, top: 15 });
        list.keep(3, 5);
        assert_eq!(list, List { selected: 2, top: 0 });
        list.keep(0, 0);
        assert_eq!(list, List::default());
    }
}
