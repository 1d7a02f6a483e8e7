fn main() {
    napi_build::setup();
    // A worker thread that ends would unload the addon while the reactor's thread still runs in it.
    if std::env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("linux") {
        println!("cargo:rustc-cdylib-link-arg=-Wl,-z,nodelete");
    }
}
