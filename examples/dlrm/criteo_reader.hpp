// SPDX-License-Identifier: Apache-2.0
// Reads the text format of Criteo's display advertising challenge: one sample a line, fields separated by tabs:
// the label (0 or 1), 13 integers, 26 categorical ids in hexadecimal. Integers and ids may be empty.
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "sample.hpp"

namespace dlrm {

// Parses one line, without its line end. Throws DataError that says which field is wrong and why.
void parse_criteo_line(std::string_view line, Sample& sample);

class CriteoReader final : public SampleStream {
public:
    enum class OnBadLine { fail, skip };

    explicit CriteoReader(std::filesystem::path file, OnBadLine on_bad_line = OnBadLine::fail);

    bool next(Sample& sample) override;  // throws BadLine, unless bad lines are skipped
    std::int64_t bad_lines() const override { return bad_lines_; }

private:
    std::filesystem::path file_;
    std::ifstream input_;
    std::string line_;
    OnBadLine on_bad_line_;
    std::int64_t line_number_ = 0;
    std::int64_t bad_lines_ = 0;
};

}  // namespace dlrm
