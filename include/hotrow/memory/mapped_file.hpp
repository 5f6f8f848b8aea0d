// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "../error.hpp"

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <utility>

#if defined(__linux__)
#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#endif

/// Files and mappings as the operating system gives them, with errors that name the file.
namespace hotrow::detail {

[[noreturn]] inline void refuse_file(const std::string& path, const std::string& why) { throw StorageError("hotrow: " + path + ": " + why); }

[[noreturn]] inline void refuse_call(const std::string& path, const std::string& what, int error, const std::string& remedy) {
    refuse_file(path, what + ": " + std::strerror(error) + "; " + remedy);
}

#if defined(__linux__)

/// An open file.
class FileHandle {
public:
    FileHandle() = default;
    FileHandle(std::string path, int flags) : path_(std::move(path)) {
        do { descriptor_ = ::open(path_.c_str(), flags | O_CLOEXEC, 0666); } while (descriptor_ < 0 && errno == EINTR);
    }
    FileHandle(FileHandle&& other) noexcept : path_(std::move(other.path_)), descriptor_(std::exchange(other.descriptor_, -1)) {}
    FileHandle& operator=(FileHandle&& other) noexcept {
        std::swap(path_, other.path_);
        std::swap(descriptor_, other.descriptor_);
        return *this;
    }
    ~FileHandle() {
        if (descriptor_ >= 0) ::close(descriptor_);
    }

    bool is_open() const { return descriptor_ >= 0; }
    int descriptor() const { return descriptor_; }
    const std::string& path() const { return path_; }
    void rename_to(std::string path) { path_ = std::move(path); }

    std::uint64_t size() const {
        struct stat about {};
        if (::fstat(descriptor_, &about) != 0) refuse_call(path_, "its size cannot be read", errno, "check the file system");
        return static_cast<std::uint64_t>(about.st_size);
    }
    /// Neither folder nor device nor pipe.
    bool is_regular() const {
        struct stat about {};
        return ::fstat(descriptor_, &about) == 0 && S_ISREG(about.st_mode);
    }
    /// Whether this is the file that has the name `path` now.
    bool is_at(const std::string& path) const {
        struct stat about {
        }, named{};
        return ::fstat(descriptor_, &about) == 0 && ::stat(path.c_str(), &named) == 0 && about.st_dev == named.st_dev && about.st_ino == named.st_ino;
    }
    void resize(std::uint64_t bytes) const {
        int result = 0;
        do { result = ::ftruncate(descriptor_, static_cast<off_t>(bytes)); } while (result != 0 && errno == EINTR);
        if (result != 0) {
            refuse_call(path_, "it cannot get a size of " + std::to_string(bytes) + " bytes, most of them holes", errno,
                        "take a file system, and a limit of file sizes, that allow it");
        }
    }
    void write(const void* from, std::size_t bytes, std::uint64_t at) const {
        const char* next = static_cast<const char*>(from);
        while (bytes > 0) {
            const ssize_t written = ::pwrite(descriptor_, next, bytes, static_cast<off_t>(at));
            if (written < 0 && errno == EINTR) continue;
            if (written <= 0)
                refuse_call(path_, std::to_string(bytes) + " bytes cannot be written at " + std::to_string(at), written == 0 ? ENOSPC : errno,
                            "make room, and try again");
            next += written;
            at += static_cast<std::uint64_t>(written);
            bytes -= static_cast<std::size_t>(written);
        }
    }
    /// As many bytes as there are, zeros after them.
    void read(void* to, std::size_t bytes, std::uint64_t at) const {
        char* next = static_cast<char*>(to);
        std::memset(to, 0, bytes);
        while (bytes > 0) {
            const ssize_t got = ::pread(descriptor_, next, bytes, static_cast<off_t>(at));
            if (got < 0 && errno == EINTR) continue;
            if (got < 0) refuse_call(path_, "it cannot be read", errno, "check its permissions and the disk");
            if (got == 0) return;
            next += got;
            at += static_cast<std::uint64_t>(got);
            bytes -= static_cast<std::size_t>(got);
        }
    }
    /// Gives bytes `first .. first + count` blocks of the disk, so that a mapping of them can be written even if the disk fills up. What they hold stays.
    void allocate(std::uint64_t first, std::uint64_t count) const {
        int result = 0;
        do { result = ::fallocate(descriptor_, 0, static_cast<off_t>(first), static_cast<off_t>(count)); } while (result != 0 && errno == EINTR);
        if (result == 0) return;
        if (errno == EOPNOTSUPP || errno == ENOSYS) return fill_holes(first, count);
        refuse_call(path_, "the disk gives no " + std::to_string(count) + " bytes more", errno, "make room on it, and try again; what was flushed is safe");
    }
    void sync() const {
        if (::fdatasync(descriptor_) != 0) refuse_call(path_, "what was written cannot be brought to the disk", errno, "check the disk");
    }

private:
    /// Where the file system cannot allocate: writes zeros to what are holes, which nobody has written yet.
    void fill_holes(std::uint64_t first, std::uint64_t count) const {
        constexpr std::uint64_t page = 4096;
        static constexpr char zero[page] = {};
        for (std::uint64_t at = first / page * page; at < first + count; at += page) {
            if (::lseek(descriptor_, static_cast<off_t>(at), SEEK_HOLE) == static_cast<off_t>(at)) write(zero, page, at);
        }
    }

    std::string path_;
    int descriptor_ = -1;
};

/// Brings the name of a file to the disk: without it, what is synchronised of a new file is lost with the power.
inline void sync_folder_of(const std::string& path) {
    const std::size_t slash = path.rfind('/');
    const FileHandle folder(slash == std::string::npos ? "." : path.substr(0, slash + 1), O_RDONLY | O_DIRECTORY);
    // Some file systems refuse, and some folders may be written but not read: then names are the system's matter.
    if (folder.is_open() && ::fsync(folder.descriptor()) != 0 && errno == EIO)
        refuse_call(path, "its name cannot be brought to the disk", errno, "check the disk");
}

/// Bytes of a file, or zeros of no file, in memory.
class Mapping {
public:
    Mapping() = default;
    Mapping(const FileHandle& file, std::uint64_t bytes) : Mapping(file.path(), file.descriptor(), bytes, MAP_SHARED | MAP_NORESERVE) {}
    explicit Mapping(std::uint64_t bytes) : Mapping("memory", -1, bytes, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE) {}
    Mapping(Mapping&& other) noexcept : data_(std::exchange(other.data_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}
    Mapping& operator=(Mapping&& other) noexcept {
        std::swap(data_, other.data_);
        std::swap(bytes_, other.bytes_);
        return *this;
    }
    ~Mapping() {
        if (data_ != nullptr) ::munmap(data_, bytes_);
    }

    std::byte* data() const { return data_; }
    std::uint64_t bytes() const { return bytes_; }
    /// Rows come in no order: reading ahead around one is waste.
    void expect_random_access() const { (void)::madvise(data_, bytes_, MADV_RANDOM); }
    /// Lets go of the pages; a file keeps what was written to them.
    void release_pages() const { (void)::madvise(data_, bytes_, MADV_DONTNEED); }

private:
    Mapping(const std::string& path, int descriptor, std::uint64_t bytes, int flags) : bytes_(bytes) {
        void* const data = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, flags, descriptor, 0);
        if (data == MAP_FAILED)
            refuse_call(path, std::to_string(bytes) + " bytes cannot be mapped", errno, "raise the limit of address space (ulimit -v), or use fewer rows");
        data_ = static_cast<std::byte*>(data);
    }

    std::byte* data_ = nullptr;
    std::uint64_t bytes_ = 0;
};

/// Bytes of files that the process has in memory now.
inline std::uint64_t resident_file_bytes() {
    char text[128] = {};
    const int descriptor = ::open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) return 0;
    const ssize_t got = ::read(descriptor, text, sizeof(text) - 1);
    ::close(descriptor);
    std::uint64_t pages = 0;
    if (got > 0) {  // size resident shared ...
        const char* at = text;
        for (int field = 0; field < 2; ++field) {
            at = std::strchr(at, ' ');
            if (at == nullptr) return 0;
            ++at;
        }
        for (; *at >= '0' && *at <= '9'; ++at) pages = 10 * pages + static_cast<std::uint64_t>(*at - '0');
    }
    return pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

#endif  // __linux__

}  // namespace hotrow::detail
