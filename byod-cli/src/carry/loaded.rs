//! What was found of the loading of modules.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::reach::Place;

/// What loading a module is, whoever loads it: found once for all of its functions.
#[derive(Debug, Default)]
pub(super) struct Loaded {
    /// The module and all that are loaded with it, each with those that load it.
    pub(super) loaders: BTreeMap<String, Vec<String>>,
    /// What happens whatever is carried over.
    pub(super) effects: Vec<Place>,
    /// What happens, and matters where what it changes is carried over.
    pub(super) changing: Vec<(Place, Rc<Changes>)>,
    /// The same of modules that may be loaded or not: who imports types of which module.
    pub(super) unclear: Vec<(String, String, Rc<Changes>)>,
}

/// What a statement may change when its module is loaded.
#[derive(Debug, Default)]
pub(super) struct Changes {
    /// It does something whatever else is there.
    pub(super) always: bool,
    /// What it reaches of what is changed somewhere.
    pub(super) places: Vec<Place>,
}

impl Changes {
    pub(super) fn of(&self, carried: &BTreeSet<Place>) -> bool {
        self.always || self.places.iter().any(|place| carried.contains(place))
    }
}

/// The statements of a module that do something when it is loaded, by number.
pub(super) type Acts = Rc<[(usize, Rc<Changes>)]>;
