//! The C functions of LiteRT 2.3.0 that are needed, and owners for what they hand out.
//!
//! The only file that talks to foreign code. Handles are opaque pointers; a status of 0 is success.

use std::ffi::{CString, c_char, c_int, c_uint, c_void};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// An opaque handle of any kind.
type Handle = *mut c_void;
/// 0 is success.
type Status = c_uint;

/// Why a call failed, in words.
pub(super) type Outcome<T> = Result<T, String>;

/// `LiteRtHwAcceleratorCpu`: no search for GPU plug-ins.
const CPU: c_int = 1;
/// Environment option: which accelerators to register.
const OPTION_ACCELERATORS: c_uint = 24;
/// Environment option: the least severity that is printed to stderr.
const OPTION_LEAST_SEVERITY: c_uint = 25;
/// Errors only.
const SEVERITY_ERROR: i64 = 3;
/// The kind of an option's value: a whole number.
const WHOLE_NUMBER: c_uint = 2;
/// How a buffer is mapped.
const LOCK_READ: c_uint = 0;
const LOCK_WRITE: c_uint = 1;

/// One option of the environment (`LiteRtEnvOption`).
#[repr(C)]
struct EnvironmentOption {
    tag: c_uint,
    value: OptionValue,
}

/// A value with its kind (`LiteRtAny`).
#[repr(C)]
struct OptionValue {
    kind: c_uint,
    number: i64,
}

/// The sizes of the C structures, which LiteRT's headers assert too.
const _: () = assert!(size_of::<EnvironmentOption>() == 24 && size_of::<TensorType>() == 72);

/// Element type and shape (`LiteRtRankedTensorType`, 72 bytes); only handed through.
#[repr(C)]
#[derive(Clone, Copy)]
struct TensorType([u32; 18]);

macro_rules! functions {
    ($($field:ident = $symbol:literal: fn($($argument:ty),*) $(-> $result:ty)?;)*) => {
        struct Functions {
            $($field: unsafe extern "C" fn($($argument),*) $(-> $result)?,)*
        }

        impl Functions {
            /// # Safety
            /// The library must be LiteRT 2.3.0: the signatures are not checked.
            unsafe fn find(library: &libloading::Library) -> Outcome<Self> {
                Ok(Self {
                    // SAFETY: the caller vouches for the library.
                    $($field: *unsafe { library.get($symbol) }.map_err(|e| e.to_string())?,)*
                })
            }
        }
    };
}

functions! {
    create_environment = "LiteRtCreateEnvironment":
        fn(c_int, *const EnvironmentOption, *mut Handle) -> Status;
    create_model = "LiteRtCreateModelFromFile": fn(Handle, *const c_char, *mut Handle) -> Status;
    model_signature = "LiteRtGetModelSignature": fn(Handle, usize, *mut Handle) -> Status;
    input_count = "LiteRtGetNumSignatureInputs": fn(Handle, *mut usize) -> Status;
    output_count = "LiteRtGetNumSignatureOutputs": fn(Handle, *mut usize) -> Status;
    input_tensor = "LiteRtGetSignatureInputTensorByIndex": fn(Handle, usize, *mut Handle) -> Status;
    output_tensor = "LiteRtGetSignatureOutputTensorByIndex": fn(Handle, usize, *mut Handle) -> Status;
    tensor_type = "LiteRtGetRankedTensorType": fn(Handle, *mut TensorType) -> Status;
    create_options = "LiteRtCreateOptions": fn(*mut Handle) -> Status;
    destroy_options = "LiteRtDestroyOptions": fn(Handle);
    set_accelerators = "LiteRtSetOptionsHardwareAccelerators": fn(Handle, c_int) -> Status;
    create_compiled = "LiteRtCreateCompiledModel": fn(Handle, Handle, Handle, *mut Handle) -> Status;
    destroy_compiled = "LiteRtDestroyCompiledModel": fn(Handle);
    run_compiled = "LiteRtRunCompiledModel":
        fn(Handle, usize, usize, *mut Handle, usize, *mut Handle) -> Status;
    input_requirements = "LiteRtGetCompiledModelInputBufferRequirements":
        fn(Handle, usize, usize, *mut Handle) -> Status;
    output_requirements = "LiteRtGetCompiledModelOutputBufferRequirements":
        fn(Handle, usize, usize, *mut Handle) -> Status;
    create_buffer = "LiteRtCreateManagedTensorBufferFromRequirements":
        fn(Handle, *const TensorType, Handle, *mut Handle) -> Status;
    destroy_buffer = "LiteRtDestroyTensorBuffer": fn(Handle);
    buffer_size = "LiteRtGetTensorBufferSize": fn(Handle, *mut usize) -> Status;
    lock_buffer = "LiteRtLockTensorBuffer": fn(Handle, *mut *mut c_void, c_uint) -> Status;
    unlock_buffer = "LiteRtUnlockTensorBuffer": fn(Handle) -> Status;
}

/// The opened library with its one environment; it lives to the end of the process.
pub(super) struct Environment {
    functions: Functions,
    handle: Handle,
    /// Keeps the code mapped.
    _library: libloading::Library,
}

// SAFETY: the functions are plain code; the environment has no thread affinity and is only read after it was made.
unsafe impl Send for Environment {}
// SAFETY: as above.
unsafe impl Sync for Environment {}

impl Environment {
    /// Opens the library.
    ///
    /// # Safety
    /// `path` must be LiteRT 2.3.0; with another version the calls read wild pointers.
    pub(super) unsafe fn open(path: &Path) -> Outcome<Self> {
        // SAFETY: the caller vouches for the file.
        let library = unsafe { libloading::Library::new(path) }.map_err(|e| e.to_string())?;
        // SAFETY: as above.
        let functions = unsafe { Functions::find(&library) }?;
        let option =
            |tag, number| EnvironmentOption { tag, value: OptionValue { kind: WHOLE_NUMBER, number } };
        let options =
            [option(OPTION_LEAST_SEVERITY, SEVERITY_ERROR), option(OPTION_ACCELERATORS, i64::from(CPU))];
        let handle = created("environment", |handle| {
            // SAFETY: the options outlive the call, the handle is a valid place to write to.
            unsafe { (functions.create_environment)(options.len() as c_int, options.as_ptr(), handle) }
        })?;
        Ok(Self { functions, handle, _library: library })
    }

    /// Maps a model file.
    pub(super) fn model(&'static self, path: &Path) -> Outcome<Model> {
        let name = CString::new(path.as_os_str().as_bytes()).map_err(|e| e.to_string())?;
        let handle = created("model", |handle| {
            // SAFETY: a live environment and a terminated string.
            unsafe { (self.functions.create_model)(self.handle, name.as_ptr(), handle) }
        })?;
        Ok(Model { environment: self, handle })
    }
}

/// A model file; kept to the end of the process, since every instance reads it on every run.
pub(super) struct Model {
    environment: &'static Environment,
    handle: Handle,
}

// SAFETY: an opaque handle without thread affinity, only read after it was made.
unsafe impl Send for Model {}
// SAFETY: as above.
unsafe impl Sync for Model {}

impl Model {
    /// A new instance with its own buffers, one thread.
    pub(super) fn instance(&'static self) -> Outcome<Instance> {
        let functions = &self.environment.functions;
        let options =
            // SAFETY: a valid place to write to.
            created("options", |handle| unsafe { (functions.create_options)(handle) })?;
        // SAFETY: live options.
        let accelerators = unsafe { (functions.set_accelerators)(options, CPU) };
        let compiled = checked("setting the options", accelerators).and_then(|()| {
            created("compiled model", |handle| {
                // SAFETY: live handles; the model outlives the instance because it is 'static.
                unsafe { (functions.create_compiled)(self.environment.handle, self.handle, options, handle) }
            })
        });
        // SAFETY: made above and not used again; the compiled model does not keep it.
        unsafe { (functions.destroy_options)(options) };
        let mut instance =
            Instance { functions, compiled: compiled?, inputs: Vec::new(), outputs: Vec::new() };

        // SAFETY: a live model and a valid place to write to.
        let signature = created("signature", |h| unsafe { (functions.model_signature)(self.handle, 0, h) })?;
        for (of_input, count) in [(true, functions.input_count), (false, functions.output_count)] {
            let mut number = 0;
            // SAFETY: a live signature and a valid place to write to.
            checked("counting tensors", unsafe { count(signature, &raw mut number) })?;
            for index in 0..number {
                let buffer = self.buffer(instance.compiled, signature, of_input, index)?;
                let buffers = if of_input { &mut instance.inputs } else { &mut instance.outputs };
                buffers.push(buffer);
            }
        }
        Ok(instance)
    }

    fn buffer(
        &'static self,
        compiled: Handle,
        signature: Handle,
        of_input: bool,
        index: usize,
    ) -> Outcome<Buffer> {
        let functions = &self.environment.functions;
        let (tensor_of, requirements_of) = if of_input {
            (functions.input_tensor, functions.input_requirements)
        } else {
            (functions.output_tensor, functions.output_requirements)
        };
        // SAFETY: live handles, an index below the count, valid places to write to.
        let tensor = created("tensor", |h| unsafe { tensor_of(signature, index, h) })?;
        let mut tensor_type = TensorType([0; 18]);
        // SAFETY: as above; the structure is plain numbers.
        checked("reading a shape", unsafe { (functions.tensor_type)(tensor, &raw mut tensor_type) })?;
        let requirements =
            // SAFETY: as above.
            created("requirements", |h| unsafe { requirements_of(compiled, 0, index, h) })?;
        let handle = created("buffer", |h| {
            // SAFETY: as above.
            unsafe {
                (functions.create_buffer)(self.environment.handle, &raw const tensor_type, requirements, h)
            }
        })?;
        let mut buffer = Buffer { functions, handle, bytes: 0 };
        // SAFETY: a live buffer and a valid place to write to.
        checked("sizing a buffer", unsafe { (functions.buffer_size)(handle, &raw mut buffer.bytes) })?;
        Ok(buffer)
    }
}

/// A compiled model with its input and output buffers.
pub(super) struct Instance {
    functions: &'static Functions,
    compiled: Handle,
    pub(super) inputs: Vec<Buffer>,
    pub(super) outputs: Vec<Buffer>,
}

// SAFETY: no thread affinity; every use needs `&mut self`.
unsafe impl Send for Instance {}

impl Instance {
    /// Runs on what the input buffers hold.
    pub(super) fn run(&mut self) -> Outcome<()> {
        let mut inputs: Vec<Handle> = self.inputs.iter().map(|b| b.handle).collect();
        let mut outputs: Vec<Handle> = self.outputs.iter().map(|b| b.handle).collect();
        // SAFETY: live handles, as many as the model has, borrowed by `&mut self` for the call.
        let status = unsafe {
            (self.functions.run_compiled)(
                self.compiled,
                0,
                inputs.len(),
                inputs.as_mut_ptr(),
                outputs.len(),
                outputs.as_mut_ptr(),
            )
        };
        checked("running", status)
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        self.inputs.clear();
        self.outputs.clear();
        // SAFETY: made by `create_compiled`, destroyed once, its buffers are gone.
        unsafe { (self.functions.destroy_compiled)(self.compiled) };
    }
}

/// Memory of one input or output.
pub(super) struct Buffer {
    functions: &'static Functions,
    handle: Handle,
    bytes: usize,
}

impl Buffer {
    /// How many numbers fit.
    pub(super) fn len(&self) -> usize {
        self.bytes / size_of::<f32>()
    }

    /// Copies `values` into it.
    pub(super) fn write(&mut self, values: &[f32]) -> Outcome<()> {
        self.mapped(LOCK_WRITE, values.len(), |memory| {
            // SAFETY: `mapped` checked the length; the two cannot overlap.
            unsafe { std::ptr::copy_nonoverlapping(values.as_ptr(), memory, values.len()) };
        })
    }

    /// Copies its start into `values`.
    pub(super) fn read(&mut self, values: &mut [f32]) -> Outcome<()> {
        self.mapped(LOCK_READ, values.len(), |memory| {
            // SAFETY: as above.
            unsafe { std::ptr::copy_nonoverlapping(memory, values.as_mut_ptr(), values.len()) };
        })
    }

    fn mapped(&mut self, mode: c_uint, needed: usize, work: impl FnOnce(*mut f32)) -> Outcome<()> {
        if needed > self.len() {
            return Err(format!("a buffer of {} numbers is too small for {needed}", self.len()));
        }
        let memory = created("mapping", |address| {
            // SAFETY: a live buffer and a valid place to write to.
            unsafe { (self.functions.lock_buffer)(self.handle, address, mode) }
        })?;
        let aligned = memory.cast::<f32>().is_aligned();
        if aligned {
            work(memory.cast());
        }
        // SAFETY: locked above, unlocked once.
        checked("unlocking a buffer", unsafe { (self.functions.unlock_buffer)(self.handle) })?;
        if aligned { Ok(()) } else { Err("LiteRT gave a crooked buffer".into()) }
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        // SAFETY: made by `create_buffer`, destroyed once, not mapped.
        unsafe { (self.functions.destroy_buffer)(self.handle) };
    }
}

fn created(what: &str, call: impl FnOnce(*mut Handle) -> Status) -> Outcome<Handle> {
    let mut handle: Handle = std::ptr::null_mut();
    checked(what, call(&raw mut handle))?;
    if handle.is_null() { Err(format!("LiteRT gave no {what}")) } else { Ok(handle) }
}

fn checked(what: &str, status: Status) -> Outcome<()> {
    if status == 0 { Ok(()) } else { Err(format!("LiteRT status {status} ({what})")) }
}
