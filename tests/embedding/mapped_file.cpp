// SPDX-License-Identifier: Apache-2.0
// Training on rows in a file, through what may befall it: a process killed at any moment, a full disk, another process.
#include "support/catch.hpp"
#include "support/random_batch.hpp"
#include "support/sanitized.hpp"
#include "support/table_file.hpp"

#include <hotrow/hotrow.hpp>

#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <span>
#include <string>
#include <vector>

using namespace hotrow;
using hotrow::test::RandomNumbers;
using hotrow::test::TableFile;

namespace {

constexpr int dim = 8;
constexpr std::int64_t rows = 3000;
using Rows = RowFormat<Int8, RowAffine<Fp16>, Stochastic<>>;
using Lines = Cache<SetAssociative<8>>;
template <class Placement>
using Table = CachedEmbedding<dim, Rows, Lines, RowwiseAdagrad, Host, std::uint32_t, Placement>;
using InFile = Table<MappedFile>;
using InMemory = Table<BackendMemory>;

template <class Embedding>
typename Embedding::Options options_of(int threads = 1, const std::string& path = {}, std::int64_t table_rows = rows) {
    typename Embedding::Options options{
        .table_rows = {table_rows}, .cache_sets = 19, .seed = 5, .optimizer = {.learning_rate = 0.1f}, .max_lookups = 256, .in_flight = 2, .threads = threads};
    if constexpr (std::is_same_v<Embedding, InFile>) options.placement.path = path;
    return options;
}

/// The batch of a step depends on its number alone.
struct StepBatch {
    std::vector<std::int32_t> indices, offsets;
    explicit StepBatch(std::uint64_t step, std::int64_t table_rows = rows) {
        RandomNumbers random(step);
        for (std::int32_t i = 0; i <= 128; ++i) offsets.push_back(i);
        for (int i = 0; i < 128; ++i) indices.push_back(static_cast<std::int32_t>(random.skewed(table_rows)));
    }
    Batch<std::int32_t> batch() const { return {.indices = indices, .offsets = offsets, .batch_size = 128}; }
};

constexpr std::uint64_t steps_a_flush = 3;

/// Trains from `step` on until the next flush, each plan made one step ahead, and flushes.
template <class Embedding>
void train_and_flush(Embedding& embedding, std::uint64_t step) {
    std::vector<StepBatch> batches;
    for (std::uint64_t i = 0; i < steps_a_flush; ++i) batches.emplace_back(step + i, embedding.rows());
    std::vector<float> values(128 * dim);
    auto next = embedding.prefetch(batches[0].batch());
    for (std::uint64_t i = 0; i < steps_a_flush; ++i) {
        const auto plan = next;
        if (i + 1 < steps_a_flush) next = embedding.prefetch(batches[i + 1].batch());
        embedding.forward(plan, std::span(values));
        for (float& value : values) value = value * 0.5f - 0.01f;
        embedding.backward(plan, std::span<const float>(values));
    }
    embedding.flush();
}

template <class Embedding>
std::uint64_t step_of(const Embedding& embedding) {
    return embedding.view().state->step;
}

template <class Embedding>
std::vector<float> values_of(Embedding& embedding) {
    std::vector<float> all(static_cast<std::size_t>(embedding.rows()) * dim);
    embedding.read_rows(0, 0, all);
    return all;
}

/// All rows, and what the optimizer keeps of them. Of files after they were opened: no row is cached.
std::vector<float> all_of(InFile& embedding) {
    std::vector<float> all = values_of(embedding);
    const auto view = embedding.view();
    for (std::uint64_t row = 0; row < view.geometry.rows; ++row) {
        view.with_record(row, [&](const std::byte* record) {
            all.push_back(reinterpret_cast<const RowwiseAdagrad::RowState*>(record + InFile::View::Records::Layout::row_state_offset)->sum);
        });
    }
    return all;
}
std::vector<float> all_of(InMemory& embedding) {
    std::vector<float> all = values_of(embedding);
    for (std::uint64_t row = 0; row < embedding.view().geometry.rows; ++row) all.push_back(embedding.view().row_states[row].sum);
    return all;
}

/// Runs `body` in a process with a small disk of its own at a new folder, and returns its exit code; -1 where the system forbids such disks.
template <class Body>
int on_small_disk(std::size_t bytes, Body&& body) {
    const TableFile folder;
    std::filesystem::create_directory(folder.path());
    const uid_t user = getuid();
    const gid_t group = getgid();
    const pid_t child = fork();
    if (child == 0) {
        if (unshare(CLONE_NEWNS | (user == 0 ? 0 : CLONE_NEWUSER)) != 0) _exit(77);
        if (user != 0) {
            std::ofstream("/proc/self/setgroups") << "deny";
            std::ofstream("/proc/self/uid_map") << "0 " << user << " 1";
            std::ofstream("/proc/self/gid_map") << "0 " << group << " 1";
        }
        if (mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) _exit(77);
        if (mount("none", folder.path().c_str(), "tmpfs", 0, ("size=" + std::to_string(bytes)).c_str()) != 0) _exit(77);
        int code = 1;
        try {
            code = body(std::filesystem::path(folder.path()));
        } catch (const std::exception& error) { std::fprintf(stderr, "%s\n", error.what()); }
        _exit(code);
    }
    int status = 0;
    waitpid(child, &status, 0);
    const int code = WIFEXITED(status) ? WEXITSTATUS(status) : 2;
    return code == 77 ? -1 : code;
}

}  // namespace

TEST_CASE("Killed at any moment, a table opens as its last flush left it", "[embedding]") {
    const TableFile file;
    InMemory model(options_of<InMemory>());
    RandomNumbers random(6);
    std::uint64_t flushes_seen = 0, killed_between = 0;
    constexpr int kills = hotrow::test::is_sanitized ? 40 : 200;
    for (int kill_number = 0; kill_number < kills; ++kill_number) {
        int acknowledged[2];
        REQUIRE(pipe(acknowledged) == 0);
        const pid_t child = fork();
        if (child == 0) {
            close(acknowledged[0]);
            InFile embedding(options_of<InFile>(2, file.path()));
            for (;;) {
                train_and_flush(embedding, step_of(embedding));
                const std::uint64_t step = step_of(embedding);
                if (write(acknowledged[1], &step, sizeof(step)) != sizeof(step)) _exit(1);
            }
        }
        close(acknowledged[1]);
        // Half of them while it opens and undoes what the last one left; the others after some flushes.
        std::uint64_t last_acknowledged = 0, step = 0;
        for (std::uint64_t wanted = random.below(4); wanted > 0; --wanted) {
            REQUIRE(read(acknowledged[0], &step, sizeof(step)) == sizeof(step));
            last_acknowledged = step;
        }
        usleep(static_cast<useconds_t>(random.below(8000)));
        kill(child, SIGKILL);
        int status = 0;
        REQUIRE(waitpid(child, &status, 0) == child);
        REQUIRE(WIFSIGNALED(status));
        while (read(acknowledged[0], &step, sizeof(step)) == sizeof(step)) last_acknowledged = step;
        close(acknowledged[0]);

        const std::uint64_t before = step_of(model);
        InFile found(options_of<InFile>(1, file.path()));
        const std::uint64_t now = step_of(found);
        REQUIRE(now >= last_acknowledged);
        REQUIRE(now >= before);
        REQUIRE(now <= std::max(before, last_acknowledged) + steps_a_flush);  // a flush that had happened when its word had not
        REQUIRE(now % steps_a_flush == 0);
        while (step_of(model) < now) train_and_flush(model, step_of(model));
        model.clear_cache();  // as the opened one's
        REQUIRE((all_of(found) == all_of(model)));
        flushes_seen += (now - before) / steps_a_flush;
        killed_between += now == before ? 1 : 0;
    }
    REQUIRE(flushes_seen > kills / 2);
    REQUIRE(killed_between > 0);
}

TEST_CASE("A full disk is an error before anything changes", "[embedding]") {
    const int code = on_small_disk(8 << 20, [](const std::filesystem::path& folder) {
        constexpr std::int64_t many = 200'000;
        InFile embedding(options_of<InFile>(1, (folder / "table").string(), many));
        InMemory model(options_of<InMemory>(1, {}, many));
        train_and_flush(embedding, 0);
        train_and_flush(model, 0);
        {  // What is free goes to somebody else.
            std::ofstream other(folder / "other", std::ios::binary);
            const std::string kilobyte(1024, 'x');
            while (other << kilobyte << std::flush) {}
        }
        const StepBatch batch(3, many);  // has rows that have no blocks yet
        std::vector<float> values(128 * dim);
        try {
            (void)embedding.forward(batch.batch(), std::span(values));
            return 3;
        } catch (const StorageError& error) {
            if (std::string(error.what()).find("make room") == std::string::npos) return 4;
        }
        if (values_of(embedding) != values_of(model) || step_of(embedding) != step_of(model)) return 5;
        std::filesystem::remove(folder / "other");
        for (std::uint64_t step = 3; step < 12; step += 3) {
            train_and_flush(embedding, step);
            train_and_flush(model, step);
        }
        embedding.clear_cache();
        model.clear_cache();
        return all_of(embedding) == all_of(model) ? 0 : 6;
    });
    if (code < 0) {
        WARN("SKIPPED: this system allows no file system of one's own, so a full disk is not tested");
        return;
    }
    REQUIRE(code == 0);
}

TEST_CASE("A table on a file system that became read-only is refused, and whole", "[embedding]") {
    const int code = on_small_disk(8 << 20, [](const std::filesystem::path& folder) {
        const std::string path = (folder / "table").string();
        std::vector<float> before;
        {
            InFile embedding(options_of<InFile>(1, path));
            train_and_flush(embedding, 0);
            embedding.clear_cache();
            before = all_of(embedding);
        }
        if (mount("none", folder.c_str(), "tmpfs", MS_REMOUNT | MS_RDONLY, nullptr) != 0) return 77;
        try {
            const InFile embedding(options_of<InFile>(1, path));
            return 3;
        } catch (const StorageError& error) {
            const std::string text = error.what();
            if (text.find(path) == std::string::npos || text.find("Read-only file system") == std::string::npos ||
                text.find("may be written") == std::string::npos)
                return 4;
        }
        if (mount("none", folder.c_str(), "tmpfs", MS_REMOUNT, nullptr) != 0) return 77;
        InFile embedding(options_of<InFile>(1, path));
        return all_of(embedding) == before ? 0 : 5;
    });
    if (code < 0) {
        WARN("SKIPPED: this system allows no file system of one's own, so a read-only one is not tested");
        return;
    }
    REQUIRE(code == 0);
}

TEST_CASE("One process at a time has a table open", "[embedding]") {
    const TableFile file;
    InFile embedding(options_of<InFile>(1, file.path()));
    const pid_t child = fork();
    if (child == 0) {
        try {
            const InFile second(options_of<InFile>(1, file.path()));
        } catch (const StorageError& error) {
            _exit(std::string(error.what()).find("in use by process " + std::to_string(getppid())) != std::string::npos ? 0 : 2);
        }
        _exit(1);
    }
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
    REQUIRE(WIFEXITED(status));
    REQUIRE(WEXITSTATUS(status) == 0);
}

TEST_CASE("A lookup writes nothing to the file", "[embedding]") {
    const TableFile file;
    InFile embedding(options_of<InFile>(1, file.path()));
    train_and_flush(embedding, 0);
    StepBatch batch(99);
    std::vector<float> values(128 * dim);
    const auto bytes = [&] {
        std::ifstream in(file.path(), std::ios::binary);
        return std::string(std::istreambuf_iterator<char>(in), {});
    };
    const std::string before = bytes();
    embedding.lookup(batch.batch(), std::span(values));
    (void)values_of(embedding);
    REQUIRE((bytes() == before));
}
