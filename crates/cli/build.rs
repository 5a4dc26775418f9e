//! Keeps libtorch's CUDA libraries in the link when the `cuda` feature asks for them: the linker would
//! otherwise drop them as unused, and CUDA would be reported as absent without a word.

fn main() {
    println!("cargo:rerun-if-env-changed=CARGO_FEATURE_CUDA");
    if std::env::var_os("CARGO_FEATURE_CUDA").is_some() {
        println!(
            "cargo:rustc-link-arg-bins=-Wl,--push-state,--no-as-needed,-l:libtorch_cuda.so,-l:libc10_cuda.so,--pop-state,--allow-shlib-undefined"
        );
    }
}
