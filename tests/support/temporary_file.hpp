// SPDX-License-Identifier: Apache-2.0
// A file that a test writes, and that goes with it.
#pragma once

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>

namespace hotrow::test {

class TemporaryFile {
public:
    explicit TemporaryFile(std::string_view content = {}) {
        std::string name = (std::filesystem::temp_directory_path() / "hotrow_test_XXXXXX").string();
        const int handle = mkstemp(name.data());
        if (handle < 0) throw std::runtime_error("no temporary file: " + name);
        close(handle);
        path_ = name;
        std::ofstream(path_, std::ios::binary) << content;
    }
    TemporaryFile(const TemporaryFile&) = delete;
    TemporaryFile& operator=(const TemporaryFile&) = delete;
    ~TemporaryFile() {
        std::error_code ignored;
        std::filesystem::remove(path_, ignored);
    }

    const std::filesystem::path& path() const { return path_; }

private:
    std::filesystem::path path_;
};

}  // namespace hotrow::test
