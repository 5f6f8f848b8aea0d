// SPDX-License-Identifier: Apache-2.0
// A path for a table in a file, where nothing is yet; what comes to be there, with its journal, goes with this.
#pragma once

#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <string>
#include <vector>

namespace hotrow::test {

class TableFile {
public:
    explicit TableFile(const std::filesystem::path& folder = std::filesystem::temp_directory_path()) {
        static std::atomic<int> number{0};
        path_ = folder / ("hotrow_table_" + std::to_string(getpid()) + "_" + std::to_string(number++));
    }
    TableFile(const TableFile&) = delete;
    TableFile& operator=(const TableFile&) = delete;
    ~TableFile() {
        std::error_code ignored;
        for (const std::filesystem::path& file : {path_, std::filesystem::path(journal())}) std::filesystem::remove(file, ignored);
        std::vector<std::filesystem::path> unfinished;  // of processes killed while they created it
        for (const auto& entry : std::filesystem::directory_iterator(path_.parent_path(), ignored)) {
            if (entry.path().string().starts_with(path() + ".new")) unfinished.push_back(entry.path());
        }
        for (const std::filesystem::path& file : unfinished) std::filesystem::remove(file, ignored);
    }

    std::string path() const { return path_.string(); }
    std::string journal() const { return path() + ".journal"; }

private:
    std::filesystem::path path_;
};

}  // namespace hotrow::test
