// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "../error.hpp"
#include "../storage/small_float.hpp"
#include "safetensors_header.hpp"

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace hotrow::detail {

static_assert(std::endian::native == std::endian::little, "safetensors are little endian; so are all machines that CUDA runs on");

inline std::uint64_t bytes_of_dtype(std::string_view dtype) { return dtype == "F32" ? 4u : dtype == "F16" || dtype == "BF16" ? 2u : 0u; }

/// A safetensors file, open for reading.
class SafetensorsFile {
public:
    explicit SafetensorsFile(const std::filesystem::path& path) : path_(path.string()), file_(path, std::ios::binary) {
        if (!file_) refuse("it cannot be opened: " + std::string(std::strerror(errno)), "give the path of a file that may be read");
        std::error_code failure;  // a folder or a device opens, and has no size
        const std::uint64_t size = std::filesystem::file_size(path, failure);
        if (failure) refuse("it has no size: " + failure.message(), "give the path of a regular file");
        std::uint64_t header_bytes = 0;
        if (size < sizeof(header_bytes))
            refuse("it has " + std::to_string(size) + " bytes, fewer than the 8 of a length", "give a file that safetensors wrote");
        file_.read(reinterpret_cast<char*>(&header_bytes), sizeof(header_bytes));
        constexpr std::uint64_t most = 100u << 20;  // the format's own limit
        if (header_bytes > most || header_bytes > size - sizeof(header_bytes)) {
            refuse("its header should have " + std::to_string(header_bytes) + " bytes, and the file has " + std::to_string(size),
                   "it was truncated, or is no safetensors file");
        }
        std::string json(static_cast<std::size_t>(header_bytes), '\0');
        file_.read(json.data(), static_cast<std::streamsize>(json.size()));
        tensors_ = SafetensorsHeader(path_, json).tensors();
        begin_ = sizeof(header_bytes) + header_bytes;
        check_offsets(size - begin_);
    }

    /// The tensor of this name, which must be [rows][dim] of F32, F16 or BF16.
    const TensorEntry& matrix(const std::string& name, std::uint64_t rows, std::uint64_t dim) const {
        const auto found = tensors_.find(name);
        if (found == tensors_.end()) {
            std::string names;
            for (const auto& [other, entry] : tensors_) names += (names.empty() ? "" : ", ") + other;
            refuse("it has no tensor \"" + name + "\", only: " + names, "name the one to read");
        }
        const TensorEntry& entry = found->second;
        if (bytes_of_dtype(entry.dtype) == 0) refuse("tensor \"" + name + "\" is of " + entry.dtype, "F32, F16 and BF16 can be read");
        if (entry.shape != std::vector<std::uint64_t>{rows, dim}) {
            std::string shape;
            for (const std::uint64_t extent : entry.shape) shape += (shape.empty() ? "" : " x ") + std::to_string(extent);
            refuse("tensor \"" + name + "\" is " + shape + ", and the table " + std::to_string(rows) + " x " + std::to_string(dim),
                   "give the tensor of this table");
        }
        return entry;
    }

    /// `values.size()` elements of a tensor from `first` on, as floats.
    void read(const TensorEntry& entry, std::uint64_t first, std::span<float> values) {
        const std::uint64_t width = bytes_of_dtype(entry.dtype);
        file_.seekg(static_cast<std::streamoff>(begin_ + entry.begin + first * width));
        if (width == 4u) {
            file_.read(reinterpret_cast<char*>(values.data()), static_cast<std::streamsize>(values.size_bytes()));
        } else {
            halves_.resize(values.size());
            file_.read(reinterpret_cast<char*>(halves_.data()), static_cast<std::streamsize>(values.size() * width));
            const bool is_half = entry.dtype == "F16";
            for (std::size_t i = 0; i < values.size(); ++i) {
                values[i] = is_half ? ScalarCast<Float16>::to_float({halves_[i]}) : ScalarCast<BFloat16>::to_float({halves_[i]});
            }
        }
        if (!file_) refuse("it ends within a tensor", "it was truncated while it was read");
    }

private:
    [[noreturn]] void refuse(const std::string& why, const std::string& remedy) const { throw StorageError("hotrow: " + path_ + ": " + why + "; " + remedy); }

    /// Sizes fit shapes; tensors share no bytes and leave none over, as the format wants it.
    void check_offsets(std::uint64_t bytes) const {
        std::vector<std::pair<std::uint64_t, std::uint64_t>> parts;
        for (const auto& [name, entry] : tensors_) {
            if (entry.end > bytes) {
                refuse("tensor \"" + name + "\" ends at byte " + std::to_string(entry.end) + " of " + std::to_string(bytes),
                       "the file was truncated; write it again");
            }
            std::uint64_t expected = bytes_of_dtype(entry.dtype);
            for (const std::uint64_t extent : entry.shape) {
                if (extent != 0 && expected > ~std::uint64_t{0} / extent) refuse("the shape of tensor \"" + name + "\" is too large", "write the file again");
                expected *= extent;
            }
            if (expected != 0 && entry.end - entry.begin != expected) {
                refuse("tensor \"" + name + "\" has " + std::to_string(entry.end - entry.begin) + " bytes where its shape needs " + std::to_string(expected),
                       "write the file again");
            }
            parts.emplace_back(entry.begin, entry.end);
        }
        std::sort(parts.begin(), parts.end());
        std::uint64_t end = 0;
        for (const auto& part : parts) {
            if (part.first < end) refuse("two tensors share bytes from " + std::to_string(part.first) + " on", "write the file again");
            if (part.first > end) refuse_rest(end, part.first);
            end = part.second;
        }
        if (end != bytes) refuse_rest(end, bytes);
    }

    [[noreturn]] void refuse_rest(std::uint64_t begin, std::uint64_t end) const {
        refuse("bytes " + std::to_string(begin) + " to " + std::to_string(end) + " are of no tensor", "write the file again");
    }

    std::string path_;
    std::ifstream file_;
    std::uint64_t begin_ = 0;
    std::map<std::string, TensorEntry> tensors_;
    std::vector<std::uint16_t> halves_;
};

}  // namespace hotrow::detail
