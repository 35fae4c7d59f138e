//! The project of the compile tests, with all its mistakes, becomes the manifest
//! that their programs are checked against.

fn main() {
    byod_build::Builder::new()
        .config("compile/byod.toml")
        .emit();
}
