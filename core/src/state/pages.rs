//! All memory pages of a machine. They come into being when they are first written to and are looked up by their number,
//! which fat pointers expose.

use super::page::Page;
use crate::hash::FixedState;
use crate::state::frame::{FIRST_BASE_PAGE, FIRST_CALL_BASE_PAGE, PAGES_PER_CALL};
use alloc::vec;
use alloc::vec::Vec;
use hashbrown::HashMap;

/// All pages, by number and by place.
///
/// Place 0 is a page that stays empty: what a frame's heap is before anything was written to it.
#[derive(Clone, Debug)]
pub(crate) struct Pages {
    places: Vec<Page>,
    /// Number of the page at each place, [`NO_PAGE`] for vacant ones.
    numbers: Vec<u32>,
    vacant: Vec<u32>,
    /// Memory of pages that were taken out and are not needed any more.
    spare: Vec<Vec<u8>>,
    /// Places of the two heaps of the first frame and of each far call, in order; [`FREED_PLACE`] for those that had content.
    heaps: Vec<u32>,
    /// Places of all other pages.
    others: HashMap<u32, u32, FixedState>,
    /// Whether there may be heaps of calls to come among them.
    has_early_heaps: bool,
}

/// Place of the page that is always empty.
pub(crate) const EMPTY_PLACE: u32 = 0;
/// Stands for the place of a heap that was freed. There is no page at it.
const FREED_PLACE: u32 = u32::MAX;
/// Stands for the number of a page that is not there.
const NO_PAGE: u32 = u32::MAX;

/// Numbers of the heaps of the far calls from a base page on.
fn heap_numbers(base_page: u32) -> impl Iterator<Item = u32> {
    let calls = (0..).map(move |call: u32| base_page.wrapping_add(call * PAGES_PER_CALL));
    calls.flat_map(|base| [base.wrapping_add(2), base.wrapping_add(3)])
}

impl Pages {
    pub(crate) fn new(hasher: FixedState) -> Self {
        Self {
            places: vec![Page::default()],
            numbers: vec![NO_PAGE],
            vacant: Vec::new(),
            spare: Vec::new(),
            heaps: vec![EMPTY_PLACE; 2],
            others: HashMap::with_hasher(hasher),
            has_early_heaps: false,
        }
    }

    /// The page at a place.
    #[inline(always)]
    pub(crate) fn at(&self, place: u32) -> &Page {
        // Places come from `find` and `materialize` only; the fallback is for the type checker.
        self.places.get(place as usize).unwrap_or(&self.places[0])
    }

    /// The page at a place.
    #[inline(always)]
    pub(crate) fn near(&self, place: u32) -> Option<&Page> {
        self.places.get(place as usize)
    }

    /// The page at a place, to be written; `None` for the empty one.
    #[inline(always)]
    pub(crate) fn at_mut(&mut self, place: u32) -> Option<&mut Page> {
        if place == EMPTY_PLACE { None } else { self.places.get_mut(place as usize) }
    }

    /// Whether the next call takes memory.
    #[inline]
    pub(crate) fn next_call_takes_memory(&self) -> bool {
        self.heaps.len() == self.heaps.capacity()
    }

    /// Takes note of a far call, whose heaps have numbers that are found by index from now on.
    #[inline]
    pub(crate) fn add_call(&mut self, base_page: u32) {
        self.heaps.push(EMPTY_PLACE);
        self.heaps.push(EMPTY_PLACE);
        if self.has_early_heaps {
            self.adopt_heaps(base_page);
        }
    }

    /// Heaps may have been written to before there was a call that has them.
    #[cold]
    fn adopt_heaps(&mut self, base_page: u32) {
        for number in heap_numbers(base_page).take(2) {
            if let Some(index) = self.heap_index(number)
                && let Some(place) = self.others.remove(&number)
            {
                self.heaps[index] = place;
            }
        }
    }

    /// Index into the heaps, for the number of one.
    #[inline(always)]
    fn heap_index(&self, number: u32) -> Option<usize> {
        let frame = if number & !1 == FIRST_BASE_PAGE + 2 {
            0
        } else {
            (number.wrapping_sub(FIRST_CALL_BASE_PAGE) / PAGES_PER_CALL).wrapping_add(1)
        };
        let index = (frame * 2 + (number & 1)) as usize;
        (number & 6 == 2 && index < self.heaps.len()).then_some(index)
    }

    /// The place of a page, or the empty one if nothing was ever written to it.
    #[inline(always)]
    pub(crate) fn find(&self, number: u32) -> u32 {
        match self.heap_index(number) {
            Some(index) if self.heaps[index] == FREED_PLACE => EMPTY_PLACE,
            Some(index) => self.heaps[index],
            None => self.find_other(number),
        }
    }

    #[inline(never)]
    fn find_other(&self, number: u32) -> u32 {
        self.others.get(&number).copied().unwrap_or(EMPTY_PLACE)
    }

    fn set_place(&mut self, number: u32, place: u32) {
        match self.heap_index(number) {
            Some(index) => self.heaps[index] = place,
            None => {
                self.has_early_heaps |= number >= FIRST_CALL_BASE_PAGE;
                self.others.insert(number, place);
            }
        }
    }

    /// The place of a page, which is made if it was not there.
    pub(crate) fn materialize(&mut self, number: u32) -> u32 {
        let found = self.find(number);
        if found != EMPTY_PLACE {
            return found;
        }
        let place = self.vacant.pop().unwrap_or_else(|| {
            self.places.push(Page::default());
            self.numbers.push(NO_PAGE);
            self.places.len() as u32 - 1
        });
        self.numbers[place as usize] = number;
        self.places[place as usize].take_memory(&mut self.spare);
        self.set_place(number, place);
        place
    }

    /// Keeps the memory of a page that was taken out and is not needed any more. Vacant places, of which there is one for each such page,
    /// have as much.
    pub(crate) fn reuse(&mut self, page: Page) {
        if self.spare.len() < self.vacant.len() {
            self.spare.push(page.into_memory());
        }
    }

    /// Makes the place of a page vacant.
    fn vacate(&mut self, number: u32) -> Option<&mut Page> {
        let place = match self.heap_index(number) {
            Some(index) => match core::mem::replace(&mut self.heaps[index], FREED_PLACE) {
                place @ (EMPTY_PLACE | FREED_PLACE) => {
                    self.heaps[index] = place;
                    return None;
                }
                place => place,
            },
            None => self.others.remove(&number)?,
        };
        self.numbers[place as usize] = NO_PAGE;
        self.vacant.push(place);
        self.places.get_mut(place as usize)
    }

    /// Takes a page out, to be dropped or kept by a snapshot.
    pub(crate) fn take(&mut self, number: u32) -> Option<Page> {
        self.vacate(number).map(core::mem::take)
    }

    /// Takes a page out that was not there at a moment to which the machine goes back.
    pub(crate) fn forget(&mut self, number: u32) {
        self.take(number);
        if let Some(index) = self.heap_index(number) {
            self.heaps[index] = EMPTY_PLACE;
        }
    }

    /// Frees a page, keeping its memory for the next one; returns the bytes of memory given back.
    pub(crate) fn free(&mut self, number: u32) -> usize {
        self.vacate(number).map_or(0, Page::clear)
    }

    /// Whether a heap of a far call had content and was freed: reading it by number would need that content.
    pub(crate) fn was_freed(&self, number: u32) -> bool {
        self.heap_index(number).is_some_and(|index| self.heaps[index] == FREED_PLACE)
    }

    /// Forgets the calls from this base page on, whose pages were taken out: going back to a snapshot gives their
    /// numbers to other calls.
    pub(crate) fn forget_calls(&mut self, base_page: u32) {
        let calls = base_page.wrapping_sub(FIRST_CALL_BASE_PAGE) / PAGES_PER_CALL;
        let first = (calls as usize * 2 + 2).min(self.heaps.len());
        for (number, place) in heap_numbers(base_page).zip(self.heaps.drain(first..)) {
            // Written to before there was the call.
            if place != EMPTY_PLACE && place != FREED_PLACE {
                self.has_early_heaps = true;
                self.others.insert(number, place);
            }
        }
    }

    /// Puts a page back that [`take`](Self::take) took out.
    pub(crate) fn put(&mut self, number: u32, page: Page) {
        if self.was_freed(number) {
            self.set_place(number, EMPTY_PLACE);
        }
        let place = self.materialize(number);
        self.places[place as usize] = page;
    }

    /// Numbers of all pages, in increasing order.
    pub(crate) fn numbers(&self) -> Vec<u32> {
        let mut numbers: Vec<u32> =
            self.numbers.iter().copied().filter(|&number| number != NO_PAGE).collect();
        numbers.sort_unstable();
        numbers
    }

    /// The page with a number.
    pub(crate) fn get(&self, number: u32) -> Option<&Page> {
        match self.find(number) {
            EMPTY_PLACE => None,
            place => Some(self.at(place)),
        }
    }

    /// The page with a number, to be written.
    pub(crate) fn get_mut(&mut self, number: u32) -> Option<&mut Page> {
        let place = self.find(number);
        self.at_mut(place)
    }

    /// Bytes of memory that finding pages takes.
    pub(crate) fn index_bytes(&self) -> usize {
        (self.heaps.capacity() + self.numbers.capacity()) * size_of::<u32>()
            + self.places.capacity() * size_of::<Page>()
    }
}
