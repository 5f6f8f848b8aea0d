// SPDX-License-Identifier: Apache-2.0
// The reader takes Criteo's format as it comes, and says where it is broken.
#include "criteo_reader.hpp"

#include <cmath>
#include <string>
#include <vector>

#include "dataset.hpp"
#include "error.hpp"
#include "support/catch.hpp"
#include "support/temporary_file.hpp"

using namespace dlrm;
using hotrow::test::TemporaryFile;

namespace {

// A good line, with chosen fields replaced; fields are counted from 0.
std::string line(std::vector<std::pair<int, std::string>> const& replaced = {}) {
    std::vector<std::string> fields{"1"};
    for (int i = 1; i <= dense_fields; ++i) fields.push_back(std::to_string(i));
    for (int i = 1; i <= categorical_fields; ++i) fields.push_back("68fd1e" + std::string(1, static_cast<char>('a' + i % 6)));
    for (auto const& [field, text] : replaced) fields[static_cast<std::size_t>(field)] = text;
    std::string joined = fields[0];
    for (std::size_t i = 1; i < fields.size(); ++i) joined += "\t" + fields[i];
    return joined;
}

std::vector<Sample> read_all(TemporaryFile const& file, CriteoReader::OnBadLine on_bad_line = CriteoReader::OnBadLine::fail) {
    CriteoReader reader(file.path(), on_bad_line);
    std::vector<Sample> samples;
    for (Sample sample; reader.next(sample);) samples.push_back(sample);
    return samples;
}

std::string error_of(std::string const& content, std::int64_t expected_line) {
    TemporaryFile const file(content);
    try {
        read_all(file);
    } catch (BadLine const& error) {
        REQUIRE(error.line == expected_line);
        std::string const place = file.path().string() + ":" + std::to_string(expected_line) + ": ";
        REQUIRE(std::string(error.what()).substr(0, place.size()) == place);
        return std::string(error.what()).substr(place.size());
    }
    return "no error";
}

}  // namespace

TEST_CASE("fields are read and dense features transformed", "[dlrm]") {
    TemporaryFile const file(line({{1, "7"}, {2, "-2"}, {3, "0"}, {13, "4294967296"}}) + "\n" + line({{0, "0"}}) + "\n");
    auto const samples = read_all(file);
    REQUIRE(samples.size() == 2);
    CHECK(samples[0].label == 1.0f);
    CHECK(samples[1].label == 0.0f);
    CHECK(samples[0].dense[0] == Approx(std::log(8.0)));
    CHECK(samples[0].dense[1] == 0.0f);
    CHECK(samples[0].dense[2] == 0.0f);
    CHECK(samples[0].dense[12] == Approx(std::log(4294967297.0)));
    CHECK(samples[0].keys == samples[1].keys);
    CHECK(samples[0].keys[0] == samples[0].keys[6]);
    CHECK(samples[0].keys[0] != samples[0].keys[1]);
}

TEST_CASE("empty fields are missing values", "[dlrm]") {
    TemporaryFile const file(line({{4, ""}, {20, ""}, {39, ""}}) + "\n");
    auto const samples = read_all(file);
    CHECK(samples.at(0).dense[3] == 0.0f);
    CHECK(samples.at(0).keys[6] == missing_key);
    CHECK(samples.at(0).keys[25] == missing_key);
    CHECK(samples.at(0).keys[0] != missing_key);
}

TEST_CASE("ids differ as their texts do", "[dlrm]") {
    TemporaryFile const file(line({{14, "0"}, {15, "00"}, {16, "0a"}, {17, "a"}}) + "\n");
    auto const keys = read_all(file).at(0).keys;
    CHECK(keys[0] != missing_key);
    CHECK(keys[0] != keys[1]);
    CHECK(keys[2] != keys[3]);
}

TEST_CASE("line ends of Windows and a missing last one are fine", "[dlrm]") {
    TemporaryFile const file(line() + "\r\n" + line({{39, ""}}) + "\r\n" + line());
    auto const samples = read_all(file);
    REQUIRE(samples.size() == 3);
    CHECK(samples[1].keys[25] == missing_key);
    CHECK(samples[0].keys == samples[2].keys);
}

TEST_CASE("errors name the line, the field, and the reason", "[dlrm]") {
    std::string const good = line() + "\n";
    CHECK(error_of(good + good + "1\t2\t3\n", 3) == "expected 40 fields separated by tabs, found 3");
    CHECK(error_of(good + line() + "\textra\n", 2) == "expected 40 fields separated by tabs, found 41");
    CHECK(error_of(good + "\n" + good, 2) == "expected 40 fields separated by tabs, found 1");
    CHECK(error_of(line({{0, "2"}}), 1) == "field 1 (label): '2' is not 0 or 1");
    CHECK(error_of(line({{0, ""}}), 1) == "field 1 (label): '' is not 0 or 1");
    CHECK(error_of(line({{4, "12x"}}), 1) == "field 5 (integer 4): '12x' is not an integer");
    CHECK(error_of(line({{4, "1.5"}}), 1) == "field 5 (integer 4): '1.5' is not an integer");
    CHECK(error_of(line({{13, "99999999999999999999"}}), 1) == "field 14 (integer 13): '99999999999999999999' is out of range");
    CHECK(error_of(line({{14, "68fd1g64"}}), 1) == "field 15 (categorical 1): '68fd1g64' is not a hexadecimal number");
    CHECK(error_of(line({{39, "-1"}}), 1) == "field 40 (categorical 26): '-1' is not a hexadecimal number");
    CHECK(error_of(line({{39, std::string(60, '0')}}), 1) == "field 40 (categorical 26): '" + std::string(40, '0') + "...' has more than 15 digits");
}

TEST_CASE("bad lines can be skipped, and are counted", "[dlrm]") {
    TemporaryFile const file("nonsense\n" + line() + "\n" + line({{0, "7"}}) + "\n" + line({{0, "0"}}) + "\n");
    CriteoReader reader(file.path(), CriteoReader::OnBadLine::skip);
    std::vector<float> labels;
    for (Sample sample; reader.next(sample);) labels.push_back(sample.label);
    CHECK(labels == std::vector<float>{1.0f, 0.0f});
    CHECK(reader.bad_lines() == 2);

    Options options;
    options.data = file.path();
    options.skip_bad_lines = true;
    auto const dataset = make_dataset(options);
    CHECK(dataset.bad_lines == 2);
    CHECK(dataset.train_rows == 1);
    CHECK(dataset.test_rows == 1);
}

TEST_CASE("a file that cannot be read is an error", "[dlrm]") {
    CHECK_THROWS_AS(CriteoReader("/no/such/file"), DataError);
    CHECK_THROWS_AS(CriteoReader("/"), DataError);
    TemporaryFile const empty("");
    CHECK(read_all(empty).empty());
    Options options;
    options.data = empty.path();
    CHECK_THROWS_AS(make_dataset(options), DataError);
}

TEST_CASE("the split must leave something to train on", "[dlrm]") {
    TemporaryFile const file(line() + "\n" + line() + "\n");
    Options options;
    options.data = file.path();
    options.test_rows = 2;
    CHECK_THROWS_AS(make_dataset(options), UsageError);
    options.test_rows = 1;
    CHECK(make_dataset(options).train_rows == 1);
}
