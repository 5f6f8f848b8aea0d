// SPDX-License-Identifier: Apache-2.0
// Records in a file: what a commit keeps, what comes back without one, and what files are refused.
#include "support/catch.hpp"
#include "support/random_batch.hpp"
#include "support/sanitized.hpp"
#include "support/table_file.hpp"

#include <hotrow/memory/row_file.hpp>

#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

using namespace hotrow;
using hotrow::detail::RowFile;
using hotrow::detail::RowFileView;
using hotrow::test::RandomNumbers;
using hotrow::test::TableFile;

namespace {

/// Called before a file is brought to the disk.
std::function<void()> before_sync;
/// Which call from now fails, from 1; 0: none.
int failing_sync = 0;

}  // namespace

/// In place of the C library's, for the tests of what a loss of power leaves.
extern "C" int fdatasync(int descriptor) {
    if (before_sync) before_sync();
    if (failing_sync > 0 && --failing_sync == 0) {
        errno = EIO;
        return -1;
    }
    return static_cast<int>(syscall(SYS_fdatasync, descriptor));
}

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
    } catch (const StorageError& error) { return error.what(); }
    return "it was opened";
}
std::string bytes_of(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(in), {});
}
/// Runs `body` in a process of its own, which ends without closing anything. Returns its exit code.
template <class Body>
int in_other_process(Body&& body) {
    const pid_t child = fork();
    if (child == 0) {
        int code = 1;
        try {
            code = body();
        } catch (const std::exception& error) { std::fprintf(stderr, "%s\n", error.what()); }
        _exit(code);
    }
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
    REQUIRE(WIFEXITED(status));
    return WEXITSTATUS(status);
}
bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

std::string refused_commit(RowFile& file, std::uint64_t state) {
    try {
        commit(file, state);
    } catch (const StorageError& error) { return error.what(); }
    return "it was committed";
}

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

TEST_CASE("Killed at any moment, with many threads writing, a file opens as the last commit left it", "[memory]") {
    const TableFile path;
    // After commit `n` the rows hold the last of the values that rounds 1 to n wrote.
    constexpr int threads = 3, writes = 120;
    const auto row_of = [](std::uint64_t round, int i) {  // each round other rows, each row once
        return (round * 1237 + static_cast<std::uint64_t>(i) * 13) % rows;
    };
    const auto record_of = [](std::uint64_t round, std::uint64_t row) {
        RandomNumbers random(round * 100'003 + row);
        return some_record(random);
    };
    Model model;
    std::uint64_t modelled = 0, kept = 0;
    constexpr int kills = hotrow::test::is_sanitized ? 40 : 200;
    RandomNumbers random(4);
    for (int kill_number = 0; kill_number < kills; ++kill_number) {
        int acknowledged[2];
        REQUIRE(pipe(acknowledged) == 0);
        const pid_t child = fork();
        if (child == 0) {
            RowFile file(path.path(), shape_of());
            for (std::uint64_t round = state_of(file) + 1;; ++round) {
                file.reserve(writes);
                for (int i = 0; i < writes; ++i) file.allocate(row_of(round, i), 1);
                const RowFileView view = file.view();
                std::vector<std::thread> writers;
                for (int t = 0; t < threads; ++t) {
                    writers.emplace_back([&, t] {
                        for (int i = t; i < writes; i += threads) {
                            const std::uint64_t row = row_of(round, i);
                            view.before_write(row);
                            std::memcpy(view.record(row), record_of(round, row).data(), record_bytes);
                        }
                    });
                }
                for (std::thread& writer : writers) writer.join();
                commit(file, round);
                if (::write(acknowledged[1], &round, sizeof(round)) != sizeof(round)) _exit(1);
            }
        }
        close(acknowledged[1]);
        std::uint64_t last = modelled, round = 0;
        for (std::uint64_t wanted = random.below(3); wanted > 0; --wanted) {
            REQUIRE(read(acknowledged[0], &round, sizeof(round)) == sizeof(round));
            last = round;
        }
        usleep(static_cast<useconds_t>(random.below(3000)));
        kill(child, SIGKILL);
        int status = 0;
        REQUIRE(waitpid(child, &status, 0) == child);
        REQUIRE(WIFSIGNALED(status));
        while (read(acknowledged[0], &round, sizeof(round)) == sizeof(round)) last = round;
        close(acknowledged[0]);

        const RowFile file(path.path(), shape_of());
        const std::uint64_t found = state_of(file);
        REQUIRE(found >= last);
        REQUIRE(found <= last + 1);  // committed, but the word had not come
        kept += found == modelled ? 1 : 0;
        while (modelled < found) {
            ++modelled;
            for (int i = 0; i < writes; ++i) model[row_of(modelled, i)] = record_of(modelled, row_of(modelled, i));
        }
        require_holds(file, model);
    }
    REQUIRE(modelled > kills / 2);
    REQUIRE(kept > 0);
}

TEST_CASE("A half-written journal entry on top of an undone one restores nothing", "[memory]") {
    const TableFile path;
    RandomNumbers random(5);
    Model model;
    {
        RowFile file(path.path(), shape_of());
        for (std::uint64_t row = 0; row < 20; ++row) write(file, row, model[row] = some_record(random));
        commit(file, 1);
    }
    REQUIRE(in_other_process([&] {
                RowFile file(path.path(), shape_of());
                for (std::uint64_t row = 0; row < 10; ++row) write(file, row, some_record(random));
                return 0;
            }) == 0);
    REQUIRE(in_other_process([&] {  // undoes; then as if killed in `before_write` when it has noted which row
                const RowFile file(path.path(), shape_of());
                const RowFileView view = file.view();
                *view.journal_count = 1;
                reinterpret_cast<detail::JournalEntry*>(view.journal)->row = 15;
                return 0;
            }) == 0);
    const RowFile file(path.path(), shape_of());
    require_holds(file, model);
}

TEST_CASE("A loss of power during or after a commit leaves that commit or the one before", "[memory]") {
    const TableFile path, left;
    RandomNumbers random(6);
    // What is on the disk: each file as it was last brought there, the other pages in part.
    std::string table, journal;
    const auto mixed = [&](const std::string& durable, const std::string& now) {
        constexpr std::size_t page = 4096;
        std::string mix = durable;
        mix.resize(now.size());
        for (std::size_t at = 0; at < now.size(); at += page) {
            if (random.below(2) == 0) mix.replace(at, std::min(page, now.size() - at), now, at, page);
        }
        return mix;
    };
    Model before, after;
    bool watching = true;  // syncs of the file, not of its copies
    std::uint64_t state = 0, losses = 0, kept_old = 0, got_new = 0;
    const auto lose_power = [&](const std::string& table_left, const std::string& journal_left) {
        watching = false;
        std::ofstream(left.path(), std::ios::binary) << table_left;
        std::ofstream(left.journal(), std::ios::binary) << journal_left;
        {
            const RowFile file(left.path(), shape_of());
            const std::uint64_t found = state_of(file);
            REQUIRE((found == state || found + 1 == state));
            require_holds(file, found == state ? after : before);
            ++(found == state ? got_new : kept_old);
            ++losses;
        }
        watching = true;
    };

    RowFile file(path.path(), shape_of());
    table = bytes_of(path.path());
    journal = bytes_of(path.journal());
    for (int round = 0; round < 12; ++round) {
        for (int i = 0; i < 150; ++i) {
            const std::uint64_t row = random.below(rows);
            write(file, row, after[row] = some_record(random));
        }
        ++state;
        int syncs = 0;
        before_sync = [&] {
            if (!watching) return;
            const std::string table_now = bytes_of(path.path()), journal_now = bytes_of(path.journal());
            if (syncs++ == 0) {  // the journal; nothing is promised until it is there
                journal = journal_now;
            } else {
                for (int i = 0; i < 4; ++i) lose_power(mixed(table, table_now), journal);
                table = table_now;
            }
            lose_power(table, journal);
        };
        commit(file, state);
        before_sync = nullptr;
        REQUIRE(syncs == 3);
        lose_power(table, journal);
        REQUIRE(got_new > static_cast<std::uint64_t>(round));  // the commit has returned
        before = after;
    }
    REQUIRE(kept_old > 12);
    REQUIRE(losses == 12 * 12);
}

TEST_CASE("A commit that the disk refuses is no commit, nor is the next", "[memory]") {
    for (int failing = 1; failing <= 3; ++failing) {
        const TableFile path;
        RandomNumbers random(7);
        Model model;
        {
            RowFile file(path.path(), shape_of());
            for (std::uint64_t row = 0; row < 20; ++row) write(file, row, model[row] = some_record(random));
            commit(file, 1);
            Model now = model;
            for (std::uint64_t row = 10; row < 30; ++row) write(file, row, now[row] = some_record(random));
            failing_sync = failing;
            REQUIRE(contains(refused_commit(file, 2), "Input/output error"));
            REQUIRE(failing_sync == 0);
            if (failing == 3) model = now;  // the epoch had been stepped
            for (std::uint64_t row = 0; row < 40; ++row) write(file, row, some_record(random));
            REQUIRE(contains(refused_commit(file, 3), "open it again"));
        }
        const RowFile file(path.path(), shape_of());
        REQUIRE(state_of(file) == (failing == 3 ? 2u : 1u));
        require_holds(file, model);
    }
}

TEST_CASE("Processes that create and open one file at once take turns", "[memory]") {
    constexpr std::uint64_t processes = 6;
    for (int round = 0; round < 10; ++round) {
        const TableFile path;
        if (round % 2 == 1) std::ofstream(path.path()).flush();  // an empty file, as mkstemp makes
        std::vector<pid_t> children;
        for (std::uint64_t i = 0; i < processes; ++i) {
            children.push_back(fork());
            if (children.back() != 0) continue;
            for (int tries = 0; tries < 20'000; ++tries) {
                try {
                    RowFile file(path.path(), shape_of());
                    const std::uint64_t turn = state_of(file);
                    Record record{};
                    record.fill(static_cast<std::byte>(turn + 1));
                    write(file, turn, record);
                    commit(file, turn + 1);
                    _exit(0);
                } catch (const StorageError&) { usleep(200); }
            }
            _exit(1);
        }
        for (const pid_t child : children) {
            int status = 0;
            REQUIRE(waitpid(child, &status, 0) == child);
            REQUIRE(WIFEXITED(status));
            REQUIRE(WEXITSTATUS(status) == 0);
        }
        const RowFile file(path.path(), shape_of());
        REQUIRE(state_of(file) == processes);
        Model model;
        for (std::uint64_t turn = 0; turn < processes; ++turn) model[turn].fill(static_cast<std::byte>(turn + 1));
        require_holds(file, model);
    }
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
    SECTION("somebody else's file where the journal would be") {
        const TableFile other;
        std::ofstream(other.journal()) << "Call me Ishmael.";
        REQUIRE(contains(refusal(other.path()), "no journal of hotrow's"));
        REQUIRE(bytes_of(other.journal()) == "Call me Ishmael.");
        REQUIRE_FALSE(std::filesystem::exists(other.path()));
    }
    SECTION("a pipe") {
        const TableFile pipe;
        REQUIRE(mkfifo(pipe.path().c_str(), 0600) == 0);
        REQUIRE(contains(refusal(pipe.path()), "no regular file"));
        REQUIRE(std::filesystem::is_fifo(pipe.path()));
    }
    SECTION("a damaged count of commits") {
        const std::string control = bytes_of(path.path()).substr(4096, 16);
        overwrite(path.path(), 4096, std::string_view("\0\0\0\0\0\0\0\0", 8));
        REQUIRE(contains(refusal(path.path()), "is damaged"));
        overwrite(path.path(), 4096, control);
        overwrite(path.path(), 4096 + 8, "\xFF\xFF\xFF\xFF");
        REQUIRE(contains(refusal(path.path()), "is damaged"));
        overwrite(path.path(), 4096, control);
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
