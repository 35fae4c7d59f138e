fn main() {
    byod_build::emit();
}
