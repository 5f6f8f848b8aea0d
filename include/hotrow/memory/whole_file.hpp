// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "mapped_file.hpp"

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <random>
#include <span>
#include <string>
#include <system_error>

namespace hotrow::detail {

/// A file that is written front to back, and appears whole under its name or not at all: until `appear` it has a name of its own beside, which goes with this object.
/// Throws `StorageError`.
class WholeFile {
public:
    explicit WholeFile(const std::filesystem::path& path) : path_(path), unfinished_(path) {
        std::random_device random;
        unfinished_ += ".part" + std::to_string(random()) + std::to_string(random());  // nobody else's, who may be writing to the same path
#if defined(__linux__)
        file_ = FileHandle(unfinished_.string(), O_WRONLY | O_CREAT | O_EXCL);
#else
        file_.open(unfinished_, std::ios::binary | std::ios::trunc);
#endif
        if (!file_.is_open()) refuse("it cannot be created", errno, "give a path in a folder that exists and may be written");
    }
    WholeFile(const WholeFile&) = delete;
    WholeFile& operator=(const WholeFile&) = delete;
    ~WholeFile() {
        if (has_appeared_) return;
        close();
        std::error_code ignored;
        std::filesystem::remove(unfinished_, ignored);
    }

    void write(std::span<const std::byte> bytes) {
#if defined(__linux__)
        file_.write(bytes.data(), bytes.size(), size_);
#else
        file_.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
        if (!file_) refuse(std::to_string(bytes.size()) + " bytes cannot be written at " + std::to_string(size_), errno, "make room, and try again");
#endif
        size_ += bytes.size();
    }

    /// Takes the place of what is at the path. The bytes are on the disk first (on Linux), so that a loss of power leaves the old file or the new one.
    void appear() {
#if defined(__linux__)
        file_.sync();
#endif
        close();
#if !defined(__linux__)
        if (!file_) refuse("its last bytes cannot be written", errno, "make room, and try again");
#endif
        if (std::rename(unfinished_.string().c_str(), path_.string().c_str()) != 0)
            refuse("it cannot take the place of what is there", errno, "give a path that may be replaced");
        has_appeared_ = true;
#if defined(__linux__)
        sync_folder_of(path_.string());
#endif
    }

private:
    void close() {
#if defined(__linux__)
        file_ = FileHandle();
#else
        file_.close();
#endif
    }
    [[noreturn]] void refuse(const std::string& what, int error, const std::string& remedy) const { refuse_call(path_.string(), what, error, remedy); }

    std::filesystem::path path_, unfinished_;
#if defined(__linux__)
    FileHandle file_;
#else
    std::ofstream file_;
#endif
    std::uint64_t size_ = 0;
    bool has_appeared_ = false;
};

}  // namespace hotrow::detail
