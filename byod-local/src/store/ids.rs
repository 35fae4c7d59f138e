//! Document ids: 32 characters that know their table and their deployment, and
//! whose order is the order of creation.

use std::collections::BTreeMap;

use crate::random;

/// Base 32 without the letters that look like others; in ASCII order.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// Which bytes those are.
const IS_DIGIT: [bool; 256] = {
    let mut digits = [false; 256];
    let mut at = 0;
    while at < ALPHABET.len() {
        digits[ALPHABET[at] as usize] = true;
        at += 1;
    }
    digits
};

const TAG: usize = 8;
const SERIAL: usize = 11;
const NOISE: usize = 13;

/// Makes the ids of one deployment and says which table an id belongs to.
#[derive(Debug)]
pub(crate) struct Ids {
    tag_of: BTreeMap<String, String>,
    table_of: BTreeMap<String, String>,
    serial: u64,
    noise: u64,
}

impl Ids {
    /// Every deployment draws its own tags, so that an id of another deployment
    /// is not mistaken for one of this.
    pub(crate) fn new(tables: impl IntoIterator<Item = String>) -> Result<Self, crate::StartError> {
        let mut ids = Self {
            tag_of: BTreeMap::new(),
            table_of: BTreeMap::new(),
            serial: 0,
            noise: random::number()?,
        };
        for table in tables {
            ids.add(table)?;
        }
        Ok(ids)
    }

    /// Knows another table, unless it does already.
    pub(crate) fn add(&mut self, table: String) -> Result<(), crate::StartError> {
        if self.tag_of.contains_key(&table) {
            return Ok(());
        }
        let draw = || Ok(digits(random::number()?, TAG).collect::<String>());
        let mut tag = draw()?;
        while self.table_of.contains_key(&tag) {
            tag = draw()?;
        }
        self.table_of.insert(tag.clone(), table.clone());
        self.tag_of.insert(table, tag);
        Ok(())
    }

    /// A fresh id; `None` for an unknown table.
    pub(crate) fn next(&mut self, table: &str) -> Option<String> {
        let tag = self.tag_of.get(table)?;
        self.serial += 1;
        let noise = scramble(self.noise.wrapping_add(self.serial));
        let (serial, noise) = (digits(self.serial, SERIAL), digits(noise, NOISE));
        let mut id = String::with_capacity(TAG + SERIAL + NOISE);
        id.push_str(tag);
        id.extend(serial.chain(noise));
        Some(id)
    }

    /// The table that an id belongs to; `None` if it is no id of this deployment.
    pub(crate) fn table_of(&self, id: &str) -> Option<&str> {
        let well_formed =
            id.len() == TAG + SERIAL + NOISE && id.bytes().all(|byte| IS_DIGIT[usize::from(byte)]);
        if !well_formed {
            return None;
        }
        self.table_of.get(&id[..TAG]).map(String::as_str)
    }
}

/// The lowest `5 * digits` bits of `number`, highest first.
fn digits(number: u64, digits: usize) -> impl Iterator<Item = char> {
    (0..digits).rev().map(move |place| {
        let bits = number.checked_shr(5 * place as u32).unwrap_or(0) & 31;
        char::from(ALPHABET[bits as usize])
    })
}

/// One step of SplitMix64: neighbours come out far apart.
fn scramble(mut number: u64) -> u64 {
    number = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn ids() -> Ids {
        Ids::new(["notes".to_owned(), "users".to_owned()]).unwrap()
    }

    #[test]
    fn an_id_knows_its_table() {
        let mut ids = ids();
        let note = ids.next("notes").unwrap();
        let user = ids.next("users").unwrap();
        assert_eq!(note.len(), 32);
        assert_eq!(ids.table_of(&note), Some("notes"));
        assert_eq!(ids.table_of(&user), Some("users"));
        assert_eq!(ids.next("ghosts"), None);
    }

    #[test]
    fn what_is_no_id_of_this_deployment_has_no_table() {
        let ids = ids();
        let foreign = super::tests::ids().next("notes").unwrap();
        for text in [foreign.as_str(), "", "user_1", &"é".repeat(16)] {
            assert_eq!(ids.table_of(text), None, "{text}");
        }
    }

    #[test]
    fn the_order_of_ids_is_the_order_of_creation() {
        let mut ids = ids();
        let made: Vec<_> = (0..1000).map(|_| ids.next("notes").unwrap()).collect();
        assert!(made.is_sorted());
        assert_eq!(made.iter().collect::<BTreeSet<_>>().len(), 1000);
    }
}
