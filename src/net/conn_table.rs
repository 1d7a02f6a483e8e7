//! Values by connection id. An environment has ids of a few blocks, wherever these lie among those
//! of the process: what it keeps of its connections takes memory for its own blocks alone.

use super::ConnId;

/// Ids of a block: neighbours, of one environment.
pub const BLOCK_IDS: u32 = 64;

type Page<T> = [Option<T>; BLOCK_IDS as usize];

/// A page for each block of which an id was ever used.
pub struct ConnTable<T> {
    pages: Vec<Option<Box<Page<T>>>>,
}

impl<T> Default for ConnTable<T> {
    fn default() -> Self {
        Self { pages: Vec::new() }
    }
}

impl<T> ConnTable<T> {
    pub fn get(&self, conn: ConnId) -> Option<&T> {
        let (page, index) = place(conn);
        self.pages.get(page)?.as_deref()?[index].as_ref()
    }

    pub fn get_mut(&mut self, conn: ConnId) -> Option<&mut T> {
        let (page, index) = place(conn);
        self.pages.get_mut(page)?.as_deref_mut()?[index].as_mut()
    }

    /// Returns the value that was there.
    pub fn insert(&mut self, conn: ConnId, value: T) -> Option<T> {
        let (page, index) = place(conn);
        if self.pages.len() <= page {
            self.pages.resize_with(page + 1, || None);
        }
        let page = self.pages[page].get_or_insert_with(|| Box::new([const { None }; _]));
        page[index].replace(value)
    }

    pub fn remove(&mut self, conn: ConnId) -> Option<T> {
        let (page, index) = place(conn);
        self.pages.get_mut(page)?.as_deref_mut()?[index].take()
    }

    /// Takes out the value where it is such a one.
    pub fn take_if(&mut self, conn: ConnId, is: impl FnOnce(&mut T) -> bool) -> Option<T> {
        let (page, index) = place(conn);
        self.pages.get_mut(page)?.as_deref_mut()?[index].take_if(is)
    }

    pub fn values(&self) -> impl Iterator<Item = &T> {
        self.pages
            .iter()
            .flatten()
            .flat_map(|page| page.iter())
            .flatten()
    }

    pub fn iter_mut(&mut self) -> impl Iterator<Item = (ConnId, &mut T)> {
        let pages = (0..).step_by(BLOCK_IDS as usize).zip(&mut self.pages);
        pages.flat_map(|(first, page)| {
            let places = page.iter_mut().flat_map(|page| page.iter_mut());
            (first..)
                .zip(places)
                .filter_map(|(conn, place)| Some((conn, place.as_mut()?)))
        })
    }

    pub fn into_values(self) -> impl Iterator<Item = T> {
        self.pages
            .into_iter()
            .flatten()
            .flat_map(|page| *page)
            .flatten()
    }
}

fn place(conn: ConnId) -> (usize, usize) {
    ((conn / BLOCK_IDS) as usize, (conn % BLOCK_IDS) as usize)
}

#[cfg(test)]
mod tests;
