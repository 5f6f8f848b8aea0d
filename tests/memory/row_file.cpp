// SPDX-License-Identifier: Apache-2.0
// Records in a file: what a commit keeps, what comes back without one, and what files are refused.
#include "support/catch.hpp"
#include "support/random_batch.hpp"
#include "support/table_file.hpp"

#include <hotrow/memory/row_file.hpp>

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <thread>
#include <vector>

using namespace hotrow;
using hotrow::detail::RowFile;
using hotrow::detail::RowFileView;
using hotrow::test::RandomNumbers;
using hotrow::test::TableFile;

namespace {

constexpr std::uint64_t rows = 5000;
constexpr std::uint32_t record_bytes = 40;
using Record = std::array<std::byte, record_bytes>;
using Model = std::map<std::uint64_t, Record>;

RowFile::Shape shape_of(std::uint64_t count = rows) { return {count, record_bytes, "a table of the tests", sizeof(std::uint64_t)}; }

void commit(RowFile& file, std::uint64_t state) { file.commit(std::as_bytes(std::span(&state, 1))); }
std::uint64_t state_of(const RowFile& file) {
    std::uint64_t state = 0;
    std::memcpy(&state, file.state().data(), sizeof(state));
    return state;
}

Record some_record(RandomNumbers& random) {
    Record record;
    for (std::byte& byte : record) byte = static_cast<std::byte>(random.below(256));
    return record;
}
void write(RowFile& file, std::uint64_t row, const Record& record) {
    file.reserve(1);
    file.allocate(row, 1);
    const RowFileView view = file.view();
    view.before_write(row);
    std::memcpy(view.record(row), record.data(), record_bytes);
}
void require_holds(const RowFile& file, const Model& model) {
    const RowFileView view = file.view();
    for (std::uint64_t row = 0; row < rows; ++row) {
        const auto found = model.find(row);
        if (view.is_touched(row) != (found != model.end())) FAIL("row " << row << (found == model.end() ? " has a record" : " has none"));
        if (found != model.end() && std::memcmp(view.record(row), found->second.data(), record_bytes) != 0) FAIL("record of row " << row);
    }
}

/// What opening the file throws.
std::string refusal(const std::string& path, const RowFile::Shape& shape = shape_of()) {
    try {
        const RowFile file(path, shape);
    } catch (const StorageError& error) {
        return error.what();
    }
    return "it was opened";
}
bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

void overwrite(const std::string& path, std::streamoff at, std::string_view bytes) {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(at);
    file << bytes;
}

}  // namespace

TEST_CASE("A file opens as the last commit left it", "[memory]") {
    const TableFile path;
    RandomNumbers random(1);
    Model committed;
    std::uint64_t state = 0;
    for (int session = 0; session < 12; ++session) {
        RowFile file(path.path(), shape_of());
        REQUIRE(file.is_new() == (session == 0));
        REQUIRE(state_of(file) == state);
        require_holds(file, committed);
        Model now = committed;
        for (std::uint64_t commits = random.below(4); commits > 0; --commits) {
            for (int i = 0; i < 200; ++i) {
                const std::uint64_t row = random.below(rows);
                now[row] = some_record(random);
                write(file, row, now[row]);
            }
            commit(file, ++state);
            committed = now;
        }
        for (std::uint64_t i = random.below(300); i > 0; --i) write(file, random.below(rows), some_record(random));  // closed without a commit
    }
}

TEST_CASE("Rows are written by many threads at once", "[memory]") {
    const TableFile path;
    Model model;
    {
        RowFile file(path.path(), shape_of());
        file.reserve(rows);
        file.allocate(0, rows);
        const RowFileView view = file.view();
        const auto write_all = [&](int thread, std::byte value) {  // neighbours, whose bits share words
            for (std::uint64_t row = static_cast<std::uint64_t>(thread); row < rows; row += 4) {
                if (view.is_touched(row) && value == std::byte{0}) continue;
                view.before_write(row);
                std::memset(view.record(row), static_cast<int>(value), record_bytes);
            }
        };
        for (const std::byte value : {std::byte{1}, std::byte{2}}) {
            std::vector<std::thread> threads;
            for (int t = 0; t < 4; ++t) threads.emplace_back(write_all, t, value);
            for (std::thread& thread : threads) thread.join();
            if (value == std::byte{1}) commit(file, 1);
        }
    }
    const RowFile file(path.path(), shape_of());
    for (std::uint64_t row = 0; row < rows; ++row) model[row].fill(std::byte{1});
    require_holds(file, model);
}

TEST_CASE("A table of a billion rows opens at once and takes no room", "[memory]") {
    const TableFile path;
    constexpr std::uint64_t many = 1'000'000'000;
    const auto start = std::chrono::steady_clock::now();
    RowFile file(path.path(), shape_of(many));
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    REQUIRE(std::filesystem::file_size(path.path()) > many * record_bytes);
    const Record record = [] {
        RandomNumbers random(2);
        return some_record(random);
    }();
    for (const std::uint64_t row : {std::uint64_t{0}, many / 2, many - 1}) write(file, row, record);
    commit(file, 1);
    REQUIRE(std::memcmp(file.view().record(many - 1), record.data(), record_bytes) == 0);
    REQUIRE_FALSE(file.view().is_touched(many - 2));
    // Blocks that are really there, of 512 bytes each.
    struct stat about {};
    REQUIRE(::stat(path.path().c_str(), &about) == 0);
    REQUIRE(about.st_blocks * 512 < (1 << 20));
    REQUIRE(seconds.count() < 2.0);
}

TEST_CASE("Files that cannot be used are refused with what, how much and what to do", "[memory]") {
    const TableFile path;
    Model model;
    RandomNumbers random(3);
    {
        RowFile file(path.path(), shape_of());
        for (std::uint64_t row = 0; row < 100; ++row) write(file, row, model[row] = some_record(random));
        commit(file, 7);

        const std::string busy = refusal(path.path());
        INFO(busy);
        REQUIRE(contains(busy, path.path()));
        REQUIRE(contains(busy, "in use by process " + std::to_string(getpid())));
    }
    const std::uint64_t whole = std::filesystem::file_size(path.path());

    SECTION("another table") {
        const std::string other = refusal(path.path(), {rows, record_bytes, "another table", sizeof(std::uint64_t)});
        REQUIRE(contains(other, "a table of the tests"));
        REQUIRE(contains(other, "another table"));
        REQUIRE(contains(refusal(path.path(), shape_of(rows + 1)), "5001"));
    }
    SECTION("truncated") {
        std::filesystem::resize_file(path.path(), whole / 2);
        const std::string text = refusal(path.path());
        REQUIRE(contains(text, std::to_string(whole / 2)));
        REQUIRE(contains(text, std::to_string(whole)));
        REQUIRE(contains(text, "restore it from a copy"));
        std::filesystem::resize_file(path.path(), whole);
        return;  // what was cut is lost
    }
    SECTION("not a table") {
        const TableFile text;
        std::ofstream(text.path()) << "Call me Ishmael.";
        REQUIRE(contains(refusal(text.path()), "no table of hotrow's"));
        std::string first(1, '\0');
        std::ifstream(text.path()).read(first.data(), 1);
        REQUIRE(first == "C");  // left as it was
    }
    SECTION("a damaged header") {
        overwrite(path.path(), 24, "\x01");
        REQUIRE(contains(refusal(path.path()), "header is damaged"));
        overwrite(path.path(), 24, std::string_view(reinterpret_cast<const char*>(&rows), 1));
    }
    SECTION("a newer version") {
        overwrite(path.path(), 12, "\x09");
        REQUIRE(contains(refusal(path.path()), "version 9"));
        overwrite(path.path(), 12, "\x01");
    }
    SECTION("a folder, a missing folder") {
        REQUIRE(contains(refusal(std::filesystem::temp_directory_path().string()), "cannot be opened"));
        REQUIRE(contains(refusal("/no such folder/table"), "cannot be created"));
    }
    SECTION("read-only") {
        if (geteuid() == 0) {
            REQUIRE(contains(refusal("/proc/version"), "cannot be"));  // root may write any file but those
        } else {
            std::filesystem::permissions(path.path(), std::filesystem::perms::owner_read);
            REQUIRE(contains(refusal(path.path()), "Permission denied"));
            std::filesystem::permissions(path.path(), std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
        }
    }
    SECTION("a journal that is needed and gone") {
        const pid_t child = fork();
        if (child == 0) {
            RowFile file(path.path(), shape_of());
            for (std::uint64_t row = 50; row < 150; ++row) write(file, row, some_record(random));
            _exit(0);  // no commit
        }
        int status = 0;
        REQUIRE(waitpid(child, &status, 0) == child);
        const std::string aside = path.path() + ".aside";
        std::filesystem::rename(path.journal(), aside);
        REQUIRE(contains(refusal(path.path()), "put the journal back"));
        std::filesystem::rename(aside, path.journal());
    }
    // Nothing that was committed is lost.
    const RowFile file(path.path(), shape_of());
    REQUIRE(state_of(file) == 7);
    require_holds(file, model);
}
