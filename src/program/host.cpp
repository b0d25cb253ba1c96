#include "program/host.hpp"

#include "program/host_operations.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <cstring>

#ifndef F_SEAL_FUTURE_WRITE
#define F_SEAL_FUTURE_WRITE 0x0010
#endif

namespace phial::program {

namespace {

std::uint64_t now() {
  timespec time{};
  ::clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(time.tv_nsec);
}

Result<ImageHeader*> map_image(int fd, std::size_t size, int flags) {
  void* at = ::mmap(reinterpret_cast<void*>(kImageBase), size, PROT_READ | PROT_WRITE,
                    flags | MAP_FIXED_NOREPLACE | MAP_POPULATE, fd, 0);
  if (at == MAP_FAILED)
    return fail_call("mmap", "the program");
  return static_cast<ImageHeader*>(at);
}

// The mapped part of an image; texts may stand behind it.
Result<std::string_view> mapped_part(std::string_view bytes) {
  ImageHeader header{};
  if (bytes.size() < sizeof header)
    return fail(Kind::input, "the program image is truncated");
  std::memcpy(&header, bytes.data(), sizeof header);
  if (header.magic != kImageMagic || header.version != kImageVersion || header.size > bytes.size())
    return fail(Kind::input, "this is no program image of this version");
  return bytes.substr(0, header.size);
}

Result<Journal*> map_journal(int fd, std::uint32_t count) {
  std::size_t size = journal_size(count);
  if (::ftruncate(fd, static_cast<off_t>(size)) != 0)
    return fail_call("ftruncate", "the journal");
  void* at = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, 0);
  if (at == MAP_FAILED)
    return fail_call("mmap", "the journal");
  auto* journal = static_cast<Journal*>(at);
  journal->magic = kJournalMagic;
  journal->count = count;
  journal->first_nanoseconds = now();
  journal->first_ticks = ticks();
  return journal;
}

} // namespace

Loaded::Loaded(Loaded&& other) noexcept
    : machine_(std::exchange(other.machine_, {})), program_(std::move(other.program_)),
      journal_(std::move(other.journal_)) {}

Loaded& Loaded::operator=(Loaded&& other) noexcept {
  std::swap(machine_, other.machine_);
  std::swap(program_, other.program_);
  std::swap(journal_, other.journal_);
  return *this;
}

Loaded::~Loaded() {
  if (machine_.journal != nullptr)
    ::munmap(machine_.journal, journal_size(machine_.image->code_count));
  if (machine_.image != nullptr)
    ::munmap(machine_.image, machine_.image->size);
}

Fd Loaded::take(std::uint16_t index) {
  return index == kNoSlot ? Fd() : Fd(static_cast<int>(slot(index)));
}

void Loaded::leave() {
  machine_ = {};
  (void)program_.release();
  (void)journal_.release();
}

std::uint32_t Loaded::run(Section section) {
  std::uint32_t failed = run_section(machine_, section);
  machine_.journal->last_nanoseconds = now();
  machine_.journal->last_ticks = ticks();
  return failed;
}

void Loaded::note_process(std::int64_t pid, std::uint64_t known_at) {
  machine_.journal->pid_known_at = known_at;
  __atomic_store_n(&machine_.journal->pid, pid, __ATOMIC_RELEASE); // whoever sees the number sees the time
}

void Loaded::undo() {
  run_undo(machine_);
}

Result<Loaded> load_image(std::string_view image_and_texts, Fd journal) {
  std::string_view bytes = TRY(mapped_part(image_and_texts));
  Loaded out;
  // Neither descriptor is O_CLOEXEC: phial-init inherits them, and closes them before it becomes the container.
  out.program_ = Fd(::memfd_create("phial-program", MFD_ALLOW_SEALING));
  if (!out.program_)
    return fail_call("memfd_create", "phial-program");
  TRY(write_all(out.program_.get(), bytes));
  ImageHeader* image = TRY(map_image(out.program_.get(), bytes.size(), MAP_SHARED));
  out.machine_.image = image;
  // Our own mapping stays writable, nobody can make another.
  if (::fcntl(out.program_.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_FUTURE_WRITE | F_SEAL_SEAL) != 0)
    return fail_call("fcntl(F_ADD_SEALS)", "phial-program");
  out.journal_ = journal ? std::move(journal) : Fd(::memfd_create("phial-journal", 0));
  if (!out.journal_)
    return fail_call("memfd_create", "phial-journal");
  if (::fcntl(out.journal_.get(), F_SETFD, 0) != 0)
    return fail_call("fcntl(F_SETFD)", "phial-journal");
  out.machine_.journal = TRY(map_journal(out.journal_.get(), image->code_count));
  out.machine_.named = host_operation;
  if (image->program_slot != kNoSlot)
    out.set_slot(image->program_slot, static_cast<std::uint64_t>(out.program_.get()));
  if (image->journal_slot != kNoSlot)
    out.set_slot(image->journal_slot, static_cast<std::uint64_t>(out.journal_.get()));
  return out;
}

Result<Loaded> reload_image(std::string_view image_and_texts, Fd journal) {
  std::string_view bytes = TRY(mapped_part(image_and_texts));
  Loaded out;
  out.machine_.image = TRY(map_image(-1, bytes.size(), MAP_PRIVATE | MAP_ANONYMOUS));
  std::memcpy(static_cast<void*>(out.machine_.image), bytes.data(), bytes.size());
  out.journal_ = std::move(journal);
  out.machine_.named = host_operation;
  std::size_t size = journal_size(out.machine_.image->code_count);
  void* at = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, out.journal_.get(), 0);
  if (at == MAP_FAILED)
    return fail_call("mmap", "the journal");
  out.machine_.journal = static_cast<Journal*>(at);
  return out;
}

Result<> undo_image(std::string_view image_and_texts, std::string_view journal) {
  std::string_view bytes = TRY(mapped_part(image_and_texts));
  ImageHeader* image = TRY(map_image(-1, bytes.size(), MAP_PRIVATE | MAP_ANONYMOUS));
  std::memcpy(static_cast<void*>(image), bytes.data(), bytes.size());
  Machine machine;
  machine.image = image;
  machine.named = host_operation;
  std::string left(journal);
  if (left.size() >= journal_size(image->code_count))
    machine.journal = reinterpret_cast<Journal*>(left.data());
  run_undo(machine);
  ::munmap(image, bytes.size());
  return {};
}

} // namespace phial::program
