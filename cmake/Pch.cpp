// Exists so that CMake builds the shared precompiled header (cmake/Pch.h) exactly once.
