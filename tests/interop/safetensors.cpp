// SPDX-License-Identifier: Apache-2.0
// Weights out to safetensors and in again, files that are refused, and (with the argument of a path) the file for `read_safetensors.py`.
#include "support/catch.hpp"
#include "support/temporary_file.hpp"

#include <hotrow/checkpoint/safetensors.hpp>
#include <hotrow/hotrow.hpp>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cmath>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

using namespace hotrow;
using hotrow::test::TemporaryFile;

// What is asked of the disk, in order: these take the place of the C library's.
static std::vector<std::string> calls;
#if defined(__linux__)
extern "C" int fdatasync(int file) {
    calls.emplace_back("bytes");
    return static_cast<int>(::syscall(SYS_fdatasync, file));
}
extern "C" int fsync(int file) {
    calls.emplace_back("name");
    return static_cast<int>(::syscall(SYS_fsync, file));
}
extern "C" int rename(const char* from, const char* to) noexcept {
    calls.emplace_back("rename");
    return static_cast<int>(::syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0u));
}
#endif

namespace {

constexpr int dim = 6;
template <class Format>
using Table = CachedEmbedding<dim, Format, Cache<SetAssociative<4>, Lru>, Sgd, Host>;
using Wide = Table<RowFormat<Fp32, Cast>>;
using Narrow = Table<RowFormat<Int8, RowAffine<Fp16>>>;
const std::vector<std::string> names{"users.weight", "a \"quoted\" name"};

template <class Embedding>
Embedding made(std::uint64_t seed) {
    return Embedding({.table_rows = {40, 7}, .cache_fraction = 0.2, .seed = seed, .initial_range = 0.5f, .threads = 1});
}
template <class Embedding>
std::vector<float> rows_of(Embedding& embedding, int table) {
    std::vector<float> values(table == 0 ? 40 * dim : 7 * dim);
    embedding.read_rows(table, 0, values);
    return values;
}

std::string file_of(const std::string& header, const std::string& data) {
    std::string file(8, '\0');
    const std::uint64_t length = header.size();
    std::memcpy(file.data(), &length, 8);
    return file + header + data;
}
/// What reading table 1, of 7 rows, from such a file throws.
std::string refusal(const std::string& content) {
    const TemporaryFile file(content);
    Wide embedding = made<Wide>(3);
    const std::vector<float> before = rows_of(embedding, 1);
    try {
        load_safetensors(embedding, file.path(), 1, "t");
    } catch (const StorageError& error) {
        REQUIRE((rows_of(embedding, 1) == before));
        return error.what();
    }
    return "it was read";
}
/// Files whose names begin with that of `path` and go on.
std::vector<std::string> beside(const std::filesystem::path& path) {
    std::vector<std::string> found;
    for (const auto& entry : std::filesystem::directory_iterator(path.parent_path())) {
        const std::string name = entry.path().filename().string();
        if (name.size() > path.filename().string().size() && name.starts_with(path.filename().string())) found.push_back(name);
    }
    return found;
}
/// No file may grow beyond `bytes` while this lives.
class LargestFile {
public:
    explicit LargestFile(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
        if (::getrlimit(RLIMIT_FSIZE, &before_) != 0) throw std::runtime_error("no limit of file sizes can be read");
        const rlimit now{bytes, before_.rlim_max};
        if (::setrlimit(RLIMIT_FSIZE, &now) != 0) throw std::runtime_error("no limit of file sizes can be set");
    }
    LargestFile(const LargestFile&) = delete;
    LargestFile& operator=(const LargestFile&) = delete;
    ~LargestFile() {
        (void)::setrlimit(RLIMIT_FSIZE, &before_);
        (void)std::signal(SIGXFSZ, handler_);
    }

private:
    rlimit before_{};
    void (*handler_)(int);
};
bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("Weights go out and come back", "[interop]") {
    const TemporaryFile file;
    Wide wide = made<Wide>(1);
    const std::vector<std::int32_t> indices{1, 2, 3, 4}, offsets{0, 2, 4};
    std::vector<float> values(2 * dim, 1.0f);
    const auto plan = wide.forward(Batch<std::int32_t>{.indices = indices, .offsets = offsets, .batch_size = 1}, std::span(values));
    wide.backward(plan, std::span<const float>(values));  // rows in dirty lines
    save_safetensors(wide, file.path(), names);
    REQUIRE(beside(file.path()).empty());

    Wide other = made<Wide>(2);
    for (int t = 0; t < 2; ++t) load_safetensors(other, file.path(), t, names[static_cast<std::size_t>(t)]);
    for (int t = 0; t < 2; ++t) REQUIRE((rows_of(other, t) == rows_of(wide, t)));
    // Into rows of fewer bits: what write_rows makes of them.
    Narrow narrow = made<Narrow>(2), written = made<Narrow>(2);
    load_safetensors(narrow, file.path(), 0, names[0]);
    written.write_rows(0, 0, rows_of(wide, 0));
    REQUIRE((rows_of(narrow, 0) == rows_of(written, 0)));
    // And out of them: what they are worth.
    save_safetensors(narrow, file.path(), names);
    load_safetensors(other, file.path(), 0, names[0]);
    REQUIRE((rows_of(other, 0) == rows_of(narrow, 0)));
}

TEST_CASE("Halves are read", "[interop]") {
    for (const char* type : {"F16", "BF16"}) {
        std::string data;
        std::vector<float> expected;
        for (int i = 0; i < 7 * dim; ++i) {
            const float value = static_cast<float>(i - 20) / 8.0f;  // exact in both
            const std::uint16_t bits = std::string(type) == "F16" ? ScalarCast<Float16>::from_float(value).bits : ScalarCast<BFloat16>::from_float(value).bits;
            data.append(reinterpret_cast<const char*>(&bits), 2);
            expected.push_back(value);
        }
        const TemporaryFile file(
            file_of(std::string(R"({"__metadata__": {"by":"hand"}, "t":{"shape":[7, 6],"dtype":")") + type + R"(","data_offsets":[0,84]} } )", data));
        Wide embedding = made<Wide>(1);
        load_safetensors(embedding, file.path(), 1, "t");
        REQUIRE((rows_of(embedding, 1) == expected));
    }
}

TEST_CASE("Malformed files are refused before anything changes", "[interop]") {
    const std::string data(168, '\0');
    const auto with = [&](const std::string& tensor) { return refusal(file_of("{\"t\":{" + tensor + "}}", data)); };
    REQUIRE(contains(refusal("short"), "5 bytes, fewer than the 8"));
    REQUIRE(contains(refusal(file_of("{}", "").substr(0, 9)), "should have 2 bytes"));
    REQUIRE(contains(refusal(file_of(std::string(50, '{'), "")), "is missing"));
    REQUIRE(contains(refusal(file_of("{} x", "")), "follows the header's end"));
    REQUIRE(contains(refusal(file_of("{}", "")), "no tensor \"t\""));
    REQUIRE(contains(with(R"("dtype":"F32","shape":[7,6],"data_offsets":[0,169])"), "ends at byte 169 of 168"));
    REQUIRE(contains(with(R"("dtype":"F32","shape":[7,6],"data_offsets":[0,164])"), "has 164 bytes where its shape needs 168"));
    REQUIRE(contains(with(R"("dtype":"F32","shape":[6,7],"data_offsets":[0,168])"), "is 6 x 7, and the table 7 x 6"));
    REQUIRE(contains(with(R"("dtype":"I32","shape":[7,6],"data_offsets":[0,168])"), "is of I32"));
    REQUIRE(contains(with(R"("dtype":"F32","shape":[7,6])"), "lacks dtype, shape or data_offsets"));
    REQUIRE(contains(with(R"("dtype":"F32","shape":[7,6],"data_offsets":[168,0])"), "ascending"));
    REQUIRE(contains(with(R"("dtype":"F32","shape":[99999999999999999999,6],"data_offsets":[0,168])"), "larger than 64 bits"));
    REQUIRE(contains(
        refusal(file_of(R"({"t":{"dtype":"F32","shape":[7,6],"data_offsets":[0,168]},"u":{"dtype":"F32","shape":[1],"data_offsets":[100,104]}})", data)),
        "share bytes"));
    REQUIRE(contains(
        refusal(file_of(R"({"t":{"dtype":"F32","shape":[7,6],"data_offsets":[0,168]},"t":{"dtype":"F32","shape":[7,6],"data_offsets":[0,168]}})", data)),
        "stands twice"));
    REQUIRE(contains(refusal(file_of(R"({"t":{"dtype":"F32","shape":[7,6],"data_offsets":[0,168]}})", data + "more")), "bytes 168 to 172 are of no tensor"));
    REQUIRE(contains(refusal(file_of(R"({"t":{"dtype":"F32","shape":[7,6],"data_offsets":[4,172]}})", "hole" + data)), "bytes 0 to 4 are of no tensor"));
    REQUIRE(contains(refusal(file_of(R"( {"t":{"dtype":"F32","shape":[7,6],"data_offsets":[0,168]}})", data)), "does not begin with '{'"));
    REQUIRE(contains(with(R"("dtype":"F32","shape":[7,6],"shape":[7,6],"data_offsets":[0,168])"), "has shape twice"));
    REQUIRE(contains(with(R"("dtype":"F32","shape":[07,6],"data_offsets":[0,168])"), "begins with 0"));
    REQUIRE(contains(refusal(file_of(R"({"__metadata__":{},"__metadata__":{}})", "")), "__metadata__ stands twice"));
    REQUIRE(contains(refusal(file_of("{\"\n\":{}}", "")), "a control character at byte 2"));
    for (const char* bad : {"\xff", "\xc3", "\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82"}) {  // UTF-8 that is none
        REQUIRE(contains(refusal(file_of(std::string("{\"") + bad + "\":{}}", "")), "is not UTF-8"));
    }
    REQUIRE(contains(refusal(file_of(R"({"\u12":{}})", "")), "four hexadecimal digits"));
    REQUIRE(contains(refusal(file_of(R"({"\ud83dx":{}})", "")), "half a surrogate pair"));
    REQUIRE(contains(refusal(file_of(R"({"\x":{}})", "")), "an escape that JSON does not know"));
    Wide embedding = made<Wide>(1);
    REQUIRE_THROWS_AS(load_safetensors(embedding, "/no such folder/file", 0, "t"), StorageError);
    REQUIRE_THROWS_AS(load_safetensors(embedding, std::filesystem::temp_directory_path(), 0, "t"), StorageError);
    REQUIRE_THROWS_AS(save_safetensors(embedding, "/no such folder/file", names), StorageError);
    REQUIRE_THROWS_AS(save_safetensors(embedding, "anywhere", std::span(names).first(1)), ShapeError);
    REQUIRE_THROWS_AS(load_safetensors(embedding, "anywhere", 2, "t"), IndexError);
}

TEST_CASE("Names and metadata may have any character", "[interop]") {
    const std::string header = R"({"__metadata__":{"by":"\u001b"},"\u0041\u00e9\u20ac\ud83d\ude00":{"dtype":"F32","shape":[7,6],"data_offsets":[0,168]}})";
    const TemporaryFile file(file_of(header, std::string(168, '\0')));
    Wide embedding = made<Wide>(1);
    load_safetensors(embedding, file.path(), 1, "A\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80");
    REQUIRE((rows_of(embedding, 1) == std::vector<float>(42, 0.0f)));
}

TEST_CASE("A save that is refused leaves the file that was there", "[interop]") {
    const TemporaryFile file;
    Wide embedding = made<Wide>(1);
    save_safetensors(embedding, file.path(), names);
    REQUIRE_THROWS_AS(save_safetensors(embedding, file.path(), std::vector<std::string>{"same", "same"}), StorageError);
    REQUIRE_THROWS_AS(save_safetensors(embedding, file.path(), std::vector<std::string>{"__metadata__", "b"}), StorageError);
    REQUIRE_THROWS_AS(save_safetensors(embedding, file.path(), std::vector<std::string>{"a", "\xff"}), StorageError);
    Wide before = made<Wide>(2);
    {
        const LargestFile limit(1000);  // the file has more
        std::string message;
        try {
            save_safetensors(before, file.path(), names);
        } catch (const StorageError& error) { message = error.what(); }
        REQUIRE(contains(message, std::strerror(EFBIG)));
    }
    REQUIRE(beside(file.path()).empty());
    Wide other = made<Wide>(2);
    load_safetensors(other, file.path(), 0, names[0]);
    REQUIRE((rows_of(other, 0) == rows_of(embedding, 0)));
}

TEST_CASE("A save that cannot take its place leaves nothing behind", "[interop]") {
    Wide embedding = made<Wide>(1);
    const TemporaryFile file;
    const std::filesystem::path folder = file.path().string() + "_folder";
    std::filesystem::create_directories(folder / "full");
    REQUIRE_THROWS_AS(save_safetensors(embedding, folder, names), StorageError);
    REQUIRE(beside(folder).empty());
    REQUIRE(std::filesystem::remove_all(folder) == 2);
}

#if defined(__linux__)
TEST_CASE("The bytes of a save are on the disk before it takes its name, and the name when the save returns", "[interop]") {
    const TemporaryFile file;
    Wide embedding = made<Wide>(1);
    calls.clear();
    save_safetensors(embedding, file.path(), names);
    REQUIRE((calls == std::vector<std::string>{"bytes", "rename", "name"}));
}
#endif

TEST_CASE("A value that is not finite is refused before anything changes", "[interop]") {
    constexpr std::int64_t many = 20'000;  // more than one piece
    using Long = CachedEmbedding<1, RowFormat<Fp32, Cast>, Cache<DirectMapped, Lru>, Sgd, Host>;
    std::string data(many * sizeof(float), '\0');
    const float bad = INFINITY;
    std::memcpy(data.data() + (many - 2) * sizeof(float), &bad, sizeof(bad));
    const TemporaryFile file(file_of(R"({"t":{"dtype":"F32","shape":[20000,1],"data_offsets":[0,80000]}})", data));
    Long embedding({.table_rows = {many}, .threads = 1});
    std::vector<float> before(many), after(many);
    embedding.read_rows(0, 0, before);
    std::string message;
    try {
        load_safetensors(embedding, file.path(), 0, "t");
    } catch (const NonFiniteError& error) { message = error.what(); }
    REQUIRE(contains(message, "value 0 of row 19998 of tensor \"t\" is inf"));
    embedding.read_rows(0, 0, after);
    REQUIRE((after == before));
}

// For read_safetensors.py: element e of row r of table t is 100 t + r + e / 8.
TEST_CASE("A file for other readers", "[.write]") {
    Wide embedding = made<Wide>(1);
    for (int t = 0; t < 2; ++t) {
        std::vector<float> values = rows_of(embedding, t);
        for (std::size_t i = 0; i < values.size(); ++i)
            values[i] = static_cast<float>(100 * t) + static_cast<float>(i / dim) + static_cast<float>(i % dim) / 8.0f;
        embedding.write_rows(t, 0, values);
    }
    save_safetensors(embedding, "hotrow_weights.safetensors", std::vector<std::string>{"first", "second"});
}
