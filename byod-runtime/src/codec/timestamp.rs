//! Moments in time for `v.number()` fields, which hold milliseconds since 1970.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::de::Error as _;
use serde::{Deserializer, Serializer};

use super::field::Field;
use super::validators as v;

/// A moment in time, which Convex keeps as a `v.number()`: milliseconds since
/// 1970, as `Date.now()` and `_creationTime` give them.
///
/// Implemented for [`SystemTime`] and, with the feature of that name, for
/// `chrono::DateTime<Utc>`, `jiff::Timestamp` and `time::OffsetDateTime`. All of
/// them can be the type of a field:
///
/// ```
/// # use std::time::{Duration, SystemTime};
/// # use byod_runtime::{Field, v};
/// fn is_held_by<T: Field<v::Number>>() {}
/// is_held_by::<SystemTime>();
///
/// use byod_runtime::Timestamp;
/// let moment = SystemTime::from_milliseconds(1_700_000_000_000.25)?;
/// assert_eq!(moment, SystemTime::UNIX_EPOCH + Duration::from_micros(1_700_000_000_000_250));
/// assert_eq!(moment.to_milliseconds(), 1_700_000_000_000.25);
/// # Ok::<(), byod_runtime::TimestampError>(())
/// ```
///
/// Reading rounds to the nanosecond (or to what the type can hold, if that is
/// less), writing to the nearest float64, which is about a quarter of a
/// microsecond in our time. So whatever number a document has is written back as
/// it came, unless it lies within 100 days of 1970 and has a fraction finer than
/// that, or is -0, which becomes 0. An offset from UTC is not kept.
pub trait Timestamp: Sized {
    /// From milliseconds since 1970; negative before. Fails for NaN, infinity, and
    /// what is out of the type's range.
    fn from_milliseconds(milliseconds: f64) -> Result<Self, TimestampError>;

    /// In milliseconds since 1970, with a fraction.
    fn to_milliseconds(&self) -> f64;
}

/// A number that is no moment in time, or none that the type can hold.
///
/// ```
/// use std::time::SystemTime;
///
/// use byod_runtime::Timestamp;
///
/// let error = SystemTime::from_milliseconds(f64::NAN).unwrap_err();
/// assert!(error.milliseconds().is_nan());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[error("{milliseconds} is not a time that `{of}` can hold: expected milliseconds since 1970")]
pub struct TimestampError {
    milliseconds: f64,
    of: &'static str,
}

impl TimestampError {
    /// The number.
    pub fn milliseconds(&self) -> f64 {
        self.milliseconds
    }
}

const PER_MILLISECOND: i128 = 1_000_000;

/// To the nearest nanosecond; `None` where that is no time at all.
fn to_nanoseconds(milliseconds: f64) -> Option<i128> {
    // Far beyond the range of every type, and far within that of i128.
    if !milliseconds.is_finite() || milliseconds.abs() > 1e24 {
        return None;
    }
    let whole = milliseconds.floor();
    let fraction = ((milliseconds - whole) * PER_MILLISECOND as f64).round();
    Some(whole as i128 * PER_MILLISECOND + fraction as i128)
}

/// The nearest float64.
fn from_nanoseconds(nanoseconds: i128) -> f64 {
    let whole = nanoseconds.div_euclid(PER_MILLISECOND);
    let rest = nanoseconds.rem_euclid(PER_MILLISECOND);
    whole as f64 + rest as f64 / PER_MILLISECOND as f64
}

macro_rules! timestamp {
    ($type:ty, $name:literal, from: $from:expr, to: $to:expr) => {
        impl Timestamp for $type {
            fn from_milliseconds(milliseconds: f64) -> Result<Self, TimestampError> {
                let from: fn(i128) -> Option<Self> = $from;
                to_nanoseconds(milliseconds)
                    .and_then(from)
                    .ok_or(TimestampError {
                        milliseconds,
                        of: $name,
                    })
            }

            fn to_milliseconds(&self) -> f64 {
                let to: fn(&Self) -> i128 = $to;
                from_nanoseconds(to(self))
            }
        }

        impl Field<v::Number> for $type {
            fn encode<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                Field::<v::Number>::encode(&self.to_milliseconds(), serializer)
            }

            fn decode<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let milliseconds = <f64 as Field<v::Number>>::decode(deserializer)?;
                Self::from_milliseconds(milliseconds).map_err(D::Error::custom)
            }
        }
    };
}

timestamp!(
    SystemTime, "SystemTime",
    from: |nanoseconds| {
        let distance = Duration::new(
            u64::try_from(nanoseconds.unsigned_abs() / 1_000_000_000).ok()?,
            (nanoseconds.unsigned_abs() % 1_000_000_000) as u32,
        );
        if nanoseconds < 0 {
            UNIX_EPOCH.checked_sub(distance)
        } else {
            UNIX_EPOCH.checked_add(distance)
        }
    },
    to: |time| match time.duration_since(UNIX_EPOCH) {
        Ok(since) => since.as_nanos() as i128,
        Err(before) => -(before.duration().as_nanos() as i128),
    }
);

#[cfg(feature = "chrono")]
timestamp!(
    chrono::DateTime<chrono::Utc>, "chrono::DateTime<Utc>",
    from: |nanoseconds| Self::from_timestamp(
        i64::try_from(nanoseconds.div_euclid(1_000_000_000)).ok()?,
        nanoseconds.rem_euclid(1_000_000_000) as u32,
    ),
    to: |time| {
        i128::from(time.timestamp()) * 1_000_000_000 + i128::from(time.timestamp_subsec_nanos())
    }
);

#[cfg(feature = "jiff")]
timestamp!(
    jiff::Timestamp, "jiff::Timestamp",
    from: |nanoseconds| Self::from_nanosecond(nanoseconds).ok(),
    to: |time| time.as_nanosecond()
);

#[cfg(feature = "time")]
timestamp!(
    time::OffsetDateTime, "time::OffsetDateTime",
    from: |nanoseconds| Self::from_unix_timestamp_nanos(nanoseconds).ok(),
    to: |time| time.unix_timestamp_nanos()
);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Within 100 days of 1970 a float64 is finer than a nanosecond.
    const FINE: f64 = 8_640_000_000.0;
    /// The range of JavaScript's `Date`.
    const DATE: f64 = 8.64e15;

    fn there_and_back<T: Timestamp>(milliseconds: f64) -> Result<f64, TimestampError> {
        T::from_milliseconds(milliseconds).map(|time| time.to_milliseconds())
    }

    fn all(milliseconds: f64) -> Vec<Result<f64, TimestampError>> {
        vec![
            there_and_back::<SystemTime>(milliseconds),
            #[cfg(feature = "chrono")]
            there_and_back::<chrono::DateTime<chrono::Utc>>(milliseconds),
            #[cfg(feature = "jiff")]
            there_and_back::<jiff::Timestamp>(milliseconds),
            #[cfg(feature = "time")]
            there_and_back::<time::OffsetDateTime>(milliseconds),
        ]
    }

    proptest! {
        #[test]
        fn a_number_comes_back_as_it_was(
            // Years 68 to 9998: what all types can hold.
            milliseconds in prop_oneof![FINE..253_370_764_800_000.0f64, -60_000_000_000_000.0..-FINE],
        ) {
            for back in all(milliseconds) {
                prop_assert_eq!(back.unwrap().to_bits(), milliseconds.to_bits());
            }
        }

        #[test]
        fn near_1970_it_is_right_to_the_nanosecond(milliseconds in -FINE..FINE) {
            for back in all(milliseconds) {
                prop_assert!((back.unwrap() - milliseconds).abs() <= 0.000_001);
            }
        }

        #[test]
        fn any_number_is_a_time_or_an_error(bits in any::<u64>()) {
            let milliseconds = f64::from_bits(bits);
            for back in all(milliseconds) {
                if let Err(error) = back {
                    let near = milliseconds.abs() < DATE / 200.0;
                    prop_assert!(!near, "{error}");
                }
            }
        }
    }

    #[test]
    fn what_is_no_time_says_so() {
        for milliseconds in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e300, -1e300] {
            for back in all(milliseconds) {
                let error = back.unwrap_err().to_string();
                assert!(
                    error.contains("expected milliseconds since 1970"),
                    "{error}"
                );
            }
        }
        for (index, back) in all(DATE).into_iter().enumerate() {
            // Only the platform reaches as far as JavaScript's dates.
            assert_eq!(back.is_ok(), index == 0, "{back:?}");
        }
    }
}
