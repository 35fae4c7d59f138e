//! Reads the project here, which has a table with a field of every validator.

fn main() {
    byod_build::emit();
}
