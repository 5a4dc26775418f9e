//! Picture and motion measures with their protocols.
