// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "../error.hpp"
#include "mapped_file.hpp"
#include "row_file_view.hpp"

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>

namespace hotrow::detail {

/// The records of a table in a memory-mapped file, with an undo journal beside it.
///
/// The file is, in pages of 4096 bytes: header; control (epoch, journal count, two copies of the caller's state); description; one bit a row,
/// whether the row has a record; the records. It is sparse and has its full size from the start.
///
/// *Commit*: before a record changes for the first time after a commit, the journal gets what it was (`RowFileView::before_write`). A commit brings
/// the journal, then the table to the disk and then steps the epoch, one store, which makes the journal's entries void. Opening a file undoes what
/// valid entries say, then empties the journal. So whenever the process is killed, in the middle of an undo too, the file opens as the last commit
/// left it.
///
/// *Power*: a commit that returned survives a loss of power until the next record is written. So does the one before while a commit runs, from when
/// the journal is on the disk. In between the system writes pages of table and journal in an order of its own: rows may be of either state.
///
/// *Full disks* are found by `allocate` and `reserve`, before a mapping is written, where they would be a signal.
class RowFile {
public:
    struct Shape {
        std::uint64_t rows;
        std::uint32_t record_bytes;
        std::string description;    ///< what the records mean; a file with another one is refused
        std::uint32_t state_bytes;  ///< of the caller's state, at most `max_state_bytes`
    };
    static constexpr std::uint32_t max_state_bytes = 1024;

#if defined(__linux__)

    /// Opens the table at `path`, or creates it. Throws `StorageError`; then nothing has changed.
    RowFile(const std::string& path, const Shape& shape, std::uint64_t resident_limit = 0) : shape_(shape), resident_limit_(resident_limit) {
        file_ = FileHandle(path, O_RDWR);
        if (!file_.is_open() && errno != ENOENT)
            refuse_call(path, "it cannot be opened for reading and writing", errno, "give the path of a file that may be written");
        if (file_.is_open()) {
            if (!file_.is_regular()) refuse_file(path, "it is a device or a pipe and no regular file; give another path");
            lock(file_);
            if (!file_.is_at(path)) refuse_file(path, "another process has just replaced it; try again");
        }
        if (file_.is_open() && file_.size() > 0) {
            check_header();
        } else {
            create(path);
            is_new_ = true;
        }
        table_ = Mapping(file_, file_bytes());
        table_.expect_random_access();
        try {
            undo(open_journal());
            empty_journal();
        } catch (...) {
            if (is_new_) ::unlink(path.c_str());
            throw;
        }
        saved_ = Mapping(bits_bytes());
        known_pages_ = Mapping(known_bytes(file_bytes()));
        control()->owner = static_cast<std::uint64_t>(::getpid());
    }

    bool is_new() const { return is_new_; }

    /// The caller's state as of the last commit; zeros in a new file.
    std::span<const std::byte> state() const { return {control()->state[control()->epoch % 2u], shape_.state_bytes}; }

    RowFileView view() const {
        return {table_.data() + records_offset(),
                shape_.record_bytes,
                reinterpret_cast<std::uint64_t*>(table_.data() + bits_offset()),
                reinterpret_cast<std::uint64_t*>(saved_.data()),
                journal_.data() + page,
                &control()->journal_count,
                &journal_room_,
                &control()->epoch,
                system_page_};
    }

    /// Makes sure that `rows` rows more can be written after the last commit. Throws `StorageError` if the disk is full.
    void reserve(std::uint64_t rows) {
        const std::uint64_t wanted = std::min(shape_.rows, std::atomic_ref(control()->journal_count).load(std::memory_order_relaxed) + rows);
        const std::uint64_t room = journal_room_.load(std::memory_order_relaxed);
        if (wanted <= room) return;
        // By half as much again, so that a growing journal asks seldom; but by no more than is needed if the disk has no more.
        const std::uint64_t entry = entry_bytes();
        const std::uint64_t ample = std::min(shape_.rows, std::max(wanted, room + room / 2u + 4096u));
        try {
            allocate_journal(room * entry, ample * entry);
            journal_room_.store(ample, std::memory_order_relaxed);
        } catch (const StorageError&) {
            allocate_journal(room * entry, wanted * entry);
            journal_room_.store(wanted, std::memory_order_relaxed);
        }
    }

    /// Makes sure that the records of rows `first .. first + count` can be written. Throws `StorageError` if the disk is full.
    void allocate(std::uint64_t first, std::uint64_t count) {
        if (count == 0) return;
        allocate_bytes(records_offset() + first * shape_.record_bytes, count * shape_.record_bytes);
        allocate_bytes(bits_offset() + first / 64u * 8u, ((first + count - 1u) / 64u - first / 64u + 1u) * 8u);
    }

    /// Lets go of mapped pages if the process holds more of files than the limit; nothing is lost, they come back when they are needed.
    void trim() const {
        if (resident_limit_ == 0 || resident_file_bytes() <= resident_limit_) return;
        table_.release_pages();
        journal_.release_pages();
    }

    /// Makes the file, with this state of the caller's, what it opens as from now on. Nobody writes rows meanwhile. Throws `StorageError` if the disk fails; then
    /// the file has to be opened anew, since the system drops what it could not write and would call the next attempt a success.
    void commit(std::span<const std::byte> state) {
        if (failed_)
            refuse_file(
                path(),
                "an earlier flush did not reach the disk, so no later one can be trusted; close the table and open it again, as its last good flush left it");
        failed_ = true;
        Control& now = *control();
        std::memcpy(now.state[(now.epoch + 1u) % 2u], state.data(), state.size());
        seal_journal();
        file_.sync();
        std::atomic_signal_fence(std::memory_order_seq_cst);
        std::atomic_ref(now.epoch).store(now.epoch + 1u, std::memory_order_release);
        std::atomic_signal_fence(std::memory_order_seq_cst);
        forget_journal();  // before `sync` may throw: the entries are void already
        file_.sync();
        failed_ = false;
    }

    /// Bytes of the file, were it whole, and of what is kept of it in memory. The journal, which grows with the rows written between commits, is not in them.
    static std::uint64_t bytes_of(std::uint64_t rows, std::uint64_t record_bytes, std::size_t description_bytes) {
        const std::uint64_t file = pages(2u * page + pages(description_bytes) + pages(bits_of(rows)) + rows * record_bytes);
        return file + bits_of(rows) + known_bytes(file);
    }

private:
    static constexpr std::uint64_t page = 4096;
    static constexpr std::uint32_t version = 1;
    static constexpr char table_magic[8] = {'h', 'o', 't', 'r', 'o', 'w', 't', 'b'};
    static constexpr char journal_magic[8] = {'h', 'o', 't', 'r', 'o', 'w', 'j', 'r'};
    static std::uint64_t bits_of(std::uint64_t count) { return (count + 63u) / 64u * 8u; }
    static std::uint64_t known_bytes(std::uint64_t file_bytes) { return bits_of(file_bytes / page); }
    static std::uint64_t pages(std::uint64_t bytes) { return (bytes + page - 1u) / page * page; }

    struct Header {
        char magic[8];
        std::uint32_t byte_order;  ///< 0x01020304 as this machine writes it
        std::uint32_t version;
        std::uint64_t id;  ///< the same in table and journal
        std::uint64_t rows;
        std::uint32_t record_bytes;
        std::uint32_t state_bytes;
        std::uint64_t description_bytes;
        std::uint64_t checksum;  ///< of all above and the description
    };
    struct Control {
        std::uint64_t epoch;  ///< commits, from 1
        std::uint64_t journal_count;
        std::uint64_t owner;  ///< process that has it open, or had
        std::byte state[2][max_state_bytes];
    };
    /// In the journal: the entries it had when a commit began to bring the table to the disk. After a loss of power the count in the table may be older.
    struct Seal {
        std::uint64_t epoch;
        std::uint64_t count;
    };
    static constexpr std::uint64_t seal_offset = page / 2u;
    static constexpr std::uint64_t max_description_bytes = 1u << 20;
    static_assert(sizeof(Header) <= seal_offset && seal_offset + sizeof(Seal) <= page && sizeof(Control) <= page);

    static std::uint64_t checksum_of(const Header& header, const std::string& description) {
        std::uint64_t sum = 0xCBF29CE484222325u;  // FNV-1a
        const auto add = [&](const void* bytes, std::size_t size) {
            for (std::size_t i = 0; i < size; ++i) sum = (sum ^ static_cast<const unsigned char*>(bytes)[i]) * 0x100000001B3u;
        };
        add(&header, offsetof(Header, checksum));
        add(description.data(), description.size());
        return sum;
    }

    std::uint64_t bits_bytes() const { return bits_of(shape_.rows); }
    std::uint64_t bits_offset() const { return 2u * page + pages(shape_.description.size()); }
    std::uint64_t records_offset() const { return bits_offset() + pages(bits_bytes()); }
    std::uint64_t file_bytes() const { return pages(records_offset() + shape_.rows * shape_.record_bytes); }
    std::uint64_t entry_bytes() const { return JournalEntry::bytes(shape_.record_bytes); }
    std::uint64_t journal_bytes() const { return page + shape_.rows * entry_bytes(); }
    Control* control() const { return reinterpret_cast<Control*>(table_.data() + page); }
    const std::string& path() const { return file_.path(); }

    static void lock(const FileHandle& file) {
        if (::flock(file.descriptor(), LOCK_EX | LOCK_NB) == 0) return;
        if (errno != EWOULDBLOCK) refuse_call(file.path(), "it cannot be locked", errno, "take a file system with locks");
        Control other{};
        file.read(&other, sizeof(other), page);
        refuse_file(file.path(), "it is in use" + (other.owner == 0 ? std::string() : " by process " + std::to_string(other.owner)) +
                                     "; one embedding at a time may have it open");
    }

    Header header_of(const char (&magic)[8], std::uint64_t id) const {
        Header header{};
        std::memcpy(header.magic, magic, sizeof(magic));
        header.byte_order = 0x01020304u;
        header.version = version;
        header.id = id;
        header.rows = shape_.rows;
        header.record_bytes = shape_.record_bytes;
        header.state_bytes = shape_.state_bytes;
        header.description_bytes = shape_.description.size();
        header.checksum = checksum_of(header, shape_.description);
        return header;
    }

    /// Under another name first, so that what is at `path` is whole, and locked already. `file_` is an empty file at `path`, such as those of mkstemp, or none.
    void create(const std::string& path) {
        const std::uint64_t now = static_cast<std::uint64_t>(std::chrono::system_clock::now().time_since_epoch().count());
        id_ = (now ^ static_cast<std::uint64_t>(::getpid()) << 40) * 0x9E3779B97F4A7C15u;
        const std::string unfinished = path + ".new" + std::to_string(id_);  // nobody else's, who may be about to create the same table
        FileHandle file(unfinished, O_RDWR | O_CREAT | O_EXCL);
        if (!file.is_open()) refuse_call(path, "it cannot be created", errno, "give a path in a folder that exists and may be written");
        try {
            lock(file);
            file.resize(file_bytes());
            file.allocate(0, bits_offset());
            const Header header = header_of(table_magic, id_);
            file.write(&header, sizeof(header), 0);
            file.write(shape_.description.data(), shape_.description.size(), 2u * page);
            Control first{};
            first.epoch = 1;
            file.write(&first, sizeof(first), page);
            file.sync();
            const int placed = file_.is_open() ? ::rename(unfinished.c_str(), path.c_str()) : ::link(unfinished.c_str(), path.c_str());
            if (placed != 0) refuse_call(path, "it cannot be created", errno, "give a path where nothing is yet");
        } catch (...) {
            ::unlink(unfinished.c_str());
            throw;
        }
        ::unlink(unfinished.c_str());
        file.rename_to(path);
        file_ = std::move(file);
        sync_folder_of(path);
    }

    void check_header() {
        Header header{};
        file_.read(&header, sizeof(header), 0);
        if (std::memcmp(header.magic, table_magic, sizeof(table_magic)) != 0) refuse_file(path(), "it is no table of hotrow's; give another path");
        if (header.byte_order != 0x01020304u) refuse_file(path(), "it was written by a machine with another order of bytes; open it on one of that kind");
        if (header.version > version) {
            refuse_file(path(), "its format is version " + std::to_string(header.version) + ", and this library knows up to " + std::to_string(version) +
                                    "; open it with a newer one");
        }
        const std::uint64_t size = file_.size();
        std::string description(static_cast<std::size_t>(std::min(header.description_bytes, max_description_bytes)), '\0');
        file_.read(description.data(), description.size(), 2u * page);
        if (header.checksum != checksum_of(header, description))
            refuse_file(path(), "its header is damaged (the checksum differs); restore the file from a copy");
        if (header.rows != shape_.rows || header.record_bytes != shape_.record_bytes || header.state_bytes != shape_.state_bytes ||
            description != shape_.description) {
            refuse_file(path(), "it holds another table: " + std::to_string(header.rows) + " records of " + std::to_string(header.record_bytes) + " bytes (" +
                                    description + ") where " + std::to_string(shape_.rows) + " of " + std::to_string(shape_.record_bytes) + " (" +
                                    shape_.description + ") are wanted; give another path, or the same policies and options");
        }
        if (size < file_bytes()) {
            refuse_file(path(), "it has " + std::to_string(size) + " bytes and should have " + std::to_string(file_bytes()) +
                                    ": it was truncated; restore it from a copy");
        }
        Control now{};
        file_.read(&now, sizeof(now), page);
        if (now.epoch == 0 || now.journal_count > shape_.rows)
            refuse_file(path(), "the count of its flushes or of its journal is damaged; restore the file from a copy");
        id_ = header.id;
    }

    /// Returns how many entries there may be to undo.
    std::uint64_t open_journal() {
        const std::string path = this->path() + ".journal";
        journal_file_ = FileHandle(path, O_RDWR | O_CREAT);
        if (!journal_file_.is_open()) refuse_call(path, "it cannot be opened or created", errno, "give a path in a folder that may be written");
        if (!journal_file_.is_regular()) refuse_file(path, "it is a device or a pipe and no regular file; move it away");
        Header found{};
        journal_file_.read(&found, sizeof(found), 0);
        Seal seal{};
        journal_file_.read(&seal, sizeof(seal), seal_offset);
        const Header wanted = header_of(journal_magic, id_), none{};
        const bool is_ours = std::memcmp(&found, &wanted, sizeof(wanted)) == 0;
        const std::uint64_t sealed = is_ours && seal.epoch == control()->epoch ? std::min(seal.count, shape_.rows) : 0;
        const std::uint64_t count = std::max(control()->journal_count, sealed);
        const std::uint64_t size = journal_file_.size(), needed = page + count * entry_bytes();
        if (count > 0 && (!is_ours || size < needed)) {
            refuse_file(path, "the table was not flushed before its process ended, and this is not its whole journal (" + std::to_string(size) + " bytes, " +
                                  std::to_string(needed) +
                                  " are needed), without which the last flush cannot be restored; put the journal back beside the table");
        }
        if (std::memcmp(found.magic, journal_magic, sizeof(journal_magic)) != 0 && (size > page || std::memcmp(&found, &none, sizeof(none)) != 0)) {
            refuse_file(path, "it is no journal of hotrow's, which must have this name; move it away, or give the table another path");
        }
        journal_file_.resize(journal_bytes());
        journal_ = Mapping(journal_file_, journal_bytes());
        return count;
    }

    /// No entry of an earlier process may look valid: its epoch is still the current one where there was something to undo.
    void empty_journal() {
        const Header header = header_of(journal_magic, id_);
        journal_file_.resize(0);
        journal_file_.allocate(0, page);
        journal_file_.write(&header, sizeof(header), 0);
        journal_file_.resize(journal_bytes());
        sync_folder_of(journal_file_.path());
    }

    /// Brings the journal to the disk, before the table.
    void seal_journal() {
        const Seal seal{control()->epoch, control()->journal_count};
        if (seal.count == 0) return;
        journal_file_.write(&seal, sizeof(seal), seal_offset);
        journal_file_.sync();
    }

    /// Back to the last commit. What is done twice does no harm.
    void undo(std::uint64_t count) {
        std::uint64_t* const touched = reinterpret_cast<std::uint64_t*>(table_.data() + bits_offset());
        for (std::uint64_t i = 0; i < count; ++i) {
            const JournalEntry& entry = *reinterpret_cast<const JournalEntry*>(journal_.data() + page + i * entry_bytes());
            if (entry.tag / 2u != control()->epoch || entry.row >= shape_.rows) continue;
            if (entry.tag % 2u != 0u) {
                std::memcpy(table_.data() + records_offset() + entry.row * shape_.record_bytes, entry.record(), shape_.record_bytes);
            } else {
                touched[entry.row / 64u] &= ~(std::uint64_t{1} << (entry.row % 64u));
            }
        }
        if (count == 0) return;
        file_.sync();
        std::atomic_signal_fence(std::memory_order_seq_cst);
        control()->journal_count = 0;
        std::atomic_signal_fence(std::memory_order_seq_cst);
        file_.sync();  // the journal is about to go
    }

    void forget_journal() {
        std::uint64_t* const saved = reinterpret_cast<std::uint64_t*>(saved_.data());
        for (std::uint64_t i = 0; i < control()->journal_count; ++i) {
            saved[reinterpret_cast<const JournalEntry*>(journal_.data() + page + i * entry_bytes())->row / 64u] = 0;
        }
        control()->journal_count = 0;
    }

    /// Whole pages of the system: the first write to one asks the disk for all its blocks.
    void allocate_journal(std::uint64_t begin, std::uint64_t end) const {
        const std::uint64_t first = (page + begin) / system_page_ * system_page_;
        journal_file_.allocate(first, (page + end + system_page_ - 1u) / system_page_ * system_page_ - first);
    }

    void allocate_bytes(std::uint64_t first, std::uint64_t count) {
        for (std::uint64_t at = first / system_page_; at <= (first + count - 1u) / system_page_; ++at) {
            std::uint64_t& word = reinterpret_cast<std::uint64_t*>(known_pages_.data())[at / 64u];
            const std::uint64_t bit = std::uint64_t{1} << (at % 64u);
            if ((word & bit) != 0u) continue;
            file_.allocate(at * system_page_, system_page_);
            word |= bit;
        }
    }

    Shape shape_;
    std::uint64_t resident_limit_;
    bool is_new_ = false;
    bool failed_ = false;  ///< a commit did not get through
    std::uint64_t id_ = 0;
    FileHandle file_, journal_file_;
    Mapping table_, journal_;
    Mapping saved_;        ///< one bit a row that is in the journal
    Mapping known_pages_;  ///< one bit a page of the system that has its blocks
    std::uint64_t system_page_ = std::max(page, static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE)));
    std::atomic<std::uint64_t> journal_room_{0};

#else

    RowFile(const std::string& path, const Shape&, std::uint64_t = 0) {
        refuse_file(path, "memory-mapped tables need Linux; keep the rows in memory (BackendMemory)");
    }
    bool is_new() const { return true; }
    std::span<const std::byte> state() const { return {}; }
    RowFileView view() const { return {}; }
    void reserve(std::uint64_t) {}
    void allocate(std::uint64_t, std::uint64_t) {}
    void trim() const {}
    void commit(std::span<const std::byte>) {}
    static std::uint64_t bytes_of(std::uint64_t rows, std::uint64_t record_bytes, std::size_t) { return rows * record_bytes; }

#endif
};

}  // namespace hotrow::detail
