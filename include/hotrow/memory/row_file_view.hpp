// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "../error.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace hotrow::detail {

/// One row as it was at the last commit, in the undo journal. `record_bytes` bytes follow, which count if there was a record.
struct JournalEntry {
    std::uint64_t row;
    std::uint64_t tag;  ///< 2 * epoch + (1 if there was a record); any other epoch's entry is none

    static constexpr std::uint64_t bytes(std::uint64_t record_bytes) { return (sizeof(JournalEntry) + record_bytes + 7u) / 8u * 8u; }
    std::byte* record() { return reinterpret_cast<std::byte*>(this + 1); }
    const std::byte* record() const { return reinterpret_cast<const std::byte*>(this + 1); }
};

/// What loops over rows see of a `RowFile`: trivially copyable, valid while the file is open. Different threads may use different rows at once.
struct RowFileView {
    std::byte* records;
    std::uint64_t record_bytes;
    std::uint64_t* touched;        ///< one bit a row, in the file: it has a record
    std::uint64_t* saved;          ///< one bit a row, in memory: it is in the journal
    std::byte* journal;            ///< entries
    std::uint64_t* journal_count;  ///< in the file
    const std::atomic<std::uint64_t>* journal_room;
    const std::uint64_t* epoch;  ///< commits so far; changes between steps only
    std::uint64_t page_bytes;    ///< of the system

    std::byte* record(std::uint64_t row) const { return records + row * record_bytes; }
    bool is_touched(std::uint64_t row) const { return (atomic(touched[row / 64u]).load(std::memory_order_relaxed) >> (row % 64u) & 1u) != 0u; }

    /// To be called by the thread that is about to change a row's record, before it does: the first time after a commit it notes what the commit had of the
    /// row, and from now on there is a record. `RowFile::reserve` made room.
    void before_write(std::uint64_t row) const {
        const std::uint64_t bit = std::uint64_t{1} << (row % 64u);
        if ((atomic(saved[row / 64u]).load(std::memory_order_relaxed) & bit) != 0u) return;
        const std::uint64_t index = atomic(*journal_count).fetch_add(1, std::memory_order_relaxed);
        if (index >= journal_room->load(std::memory_order_relaxed))
            throw StorageError("hotrow: more rows are written than room was made for in the journal");  // ours to prevent
        JournalEntry* const entry = reinterpret_cast<JournalEntry*>(journal + index * JournalEntry::bytes(record_bytes));
        const bool was_touched = is_touched(row);
        entry->row = row;
        if (was_touched) std::memcpy(entry->record(), record(row), record_bytes);
        // The process may be killed between any two instructions, which are done in order: it is the compiler that must not change theirs.
        std::atomic_signal_fence(std::memory_order_seq_cst);
        atomic(entry->tag).store(2u * *epoch + (was_touched ? 1u : 0u), std::memory_order_release);
        std::atomic_signal_fence(std::memory_order_seq_cst);
        if (!was_touched) atomic(touched[row / 64u]).fetch_or(bit, std::memory_order_relaxed);
        atomic(saved[row / 64u]).fetch_or(bit, std::memory_order_relaxed);
        std::atomic_signal_fence(std::memory_order_seq_cst);
    }

    /// Asks the disk for a row's record, without waiting.
    void will_need([[maybe_unused]] std::uint64_t row) const {
#if defined(__linux__)
        const std::uintptr_t at = reinterpret_cast<std::uintptr_t>(record(row));
        const std::uintptr_t first = at / page_bytes * page_bytes;
        (void)::madvise(reinterpret_cast<void*>(first), at + record_bytes - first, MADV_WILLNEED);
#endif
    }

private:
    static std::atomic_ref<std::uint64_t> atomic(std::uint64_t& word) { return std::atomic_ref<std::uint64_t>(word); }
};

}  // namespace hotrow::detail
