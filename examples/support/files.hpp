// SPDX-License-Identifier: Apache-2.0
// Files that a program reads and writes, with errors that name them.
#pragma once

#include <filesystem>
#include <fstream>
#include <string>

#include "examples/support/error.hpp"

namespace examples {

inline std::ifstream open_for_reading(std::filesystem::path const& file) {
    if (std::filesystem::is_directory(file)) throw DataError(file.string() + ": is a directory, not a file");
    std::ifstream input(file, std::ios::binary);
    if (!input) throw DataError(file.string() + ": cannot be opened for reading");
    return input;
}

// A file that cannot be written should be known before the run, not after.
inline void require_writable(std::filesystem::path const& file) {
    if (!std::ofstream(file, std::ios::app)) throw DataError(file.string() + ": cannot be written");
}

inline void write_file(std::filesystem::path const& file, std::string const& text) {
    std::ofstream output(file, std::ios::binary);
    output << text;
    output.close();
    if (!output) throw DataError(file.string() + ": cannot be written");
}

}  // namespace examples
