// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdexcept>
#include <string>

namespace hotrow {

/// Root of all that hotrow throws. Every message names the value, the limit and the remedy; whatever
/// throws leaves the embedding as it was.
struct Error : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// The options of an embedding cannot be honoured.
struct OptionError : Error {
    using Error::Error;
};

/// A batch, an output or a range of rows has the wrong shape.
struct ShapeError : Error {
    using Error::Error;
};

/// An index lies outside its table, or an offset outside the batch.
struct IndexError : Error {
    using Error::Error;
};

/// Calls came in an order that the contract forbids (a plan used twice, too many in flight, ...).
struct PlanError : Error {
    using Error::Error;
};

/// A value that must be finite is not.
struct NonFiniteError : Error {
    using Error::Error;
};

/// A file or other storage cannot be used as asked: missing, truncated, of another embedding, in use, read-only, full.
struct StorageError : Error {
    using Error::Error;
};

/// The CUDA runtime refused a call.
struct DeviceError : Error {
    using Error::Error;
};

}  // namespace hotrow
