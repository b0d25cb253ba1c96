// The heap of a program that does one thing and ends: operator new and delete for every translation unit it links. A
// command allocates some thousand short strings and is done; the C library's heap, made for years and for threads, is a
// third of what compiling a container's program takes. There is one thread (docs/architecture.md).
//
// Blocks up to 1 KiB lie in pages of their size class, whose first word says which; larger ones have pages of their
// own, a power of two of them; what is larger than 1 MiB is malloc's. The pages come out of one range, untouched until
// it is needed, so that a block's address tells whose it is.
#include <malloc.h>
#include <sys/mman.h>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <new>
#include <utility>

namespace {

constexpr std::size_t kPage = 4096;
constexpr std::size_t kRange = std::size_t{16} << 20; // of addresses; malloc takes what goes beyond
constexpr std::size_t kAhead = 8 * kPage;             // what is asked for at once: it will be touched
constexpr int kTrim = 64 << 20;                       // what malloc keeps, rather than give it back and ask again
constexpr std::size_t kLargest = 1024;
constexpr std::size_t kClasses = 20; // 16, 32, ... 128, then four to a doubling
constexpr std::size_t kWholes = 9;   // 1, 2, 4, ... 256 pages

struct Block {
  Block* next;
};
struct Page {
  std::size_t size_class;
  std::size_t unused;
};

constinit Block* free_blocks[kClasses + kWholes] = {};
alignas(kPage) constinit char range[kRange] = {};
constinit char* uncut[kClasses] = {}; // behind the last block that was cut from a class's page
constinit char* fresh = nullptr;      // the first page nobody has
constinit char* populated = range;    // what lies before it has memory behind it

// 16, 32, 48, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, ...
std::size_t class_of(std::size_t size) {
  std::size_t units = (size + 15) / 16;
  if (units <= 8)
    return units == 0 ? 0 : units - 1;
  unsigned shift = static_cast<unsigned>(std::bit_width(units - 1)) - 3;
  return 8 + (shift - 1) * 4 + ((units - 1) >> shift) - 4;
}

std::size_t size_of(std::size_t size_class) {
  if (size_class < 8)
    return (size_class + 1) * 16;
  std::size_t shift = (size_class - 8) / 4 + 1;
  return ((size_class - 8) % 4 + 5) << shift << 4;
}

[[noreturn]] void out_of_memory() {
  std::abort();
}

void begin() {
  fresh = range;
  (void)::mallopt(M_TRIM_THRESHOLD, kTrim);
}

// The next `size` bytes of pages that nobody has, or nullptr.
char* take_pages(std::size_t size) {
  if (fresh == nullptr)
    begin();
  if (size > static_cast<std::size_t>(range + kRange - fresh))
    return nullptr;
  char* out = std::exchange(fresh, fresh + size);
#ifdef MADV_POPULATE_WRITE // 5.14; one call is a quarter of what as many page faults cost
  if (fresh > populated && populated + kAhead <= range + kRange) {
    (void)::madvise(populated, kAhead, MADV_POPULATE_WRITE);
    populated = std::max(populated + kAhead, fresh);
  }
#endif
  return out;
}

// The next block of the class's page, or the first of a new page.
void* fresh_block(std::size_t size_class) {
  std::size_t size = size_of(size_class);
  char*& next = uncut[size_class];
  auto used = reinterpret_cast<std::uintptr_t>(next) % kPage;
  if (used == 0 || used + size > kPage) { // at a page's end, or none yet: a block never begins where a page does
    char* page = take_pages(kPage);
    if (page == nullptr)
      return nullptr;
    reinterpret_cast<Page*>(page)->size_class = size_class;
    next = page + sizeof(Page);
  }
  return std::exchange(next, next + size);
}

// A block of pages of its own; `order` is the power of two.
void* whole_pages(std::size_t order) {
  std::size_t size_class = kClasses + order;
  if (Block* block = free_blocks[size_class]; block != nullptr) {
    free_blocks[size_class] = block->next;
    return block;
  }
  char* page = take_pages(kPage << order);
  if (page == nullptr)
    return nullptr;
  reinterpret_cast<Page*>(page)->size_class = size_class;
  return page + sizeof(Page);
}

void* allocate(std::size_t size) {
  if (size <= kLargest) {
    std::size_t size_class = class_of(size);
    if (Block* block = free_blocks[size_class]; block != nullptr) {
      free_blocks[size_class] = block->next;
      return block;
    }
    if (void* block = fresh_block(size_class); block != nullptr)
      return block;
  } else if (size <= (kPage << (kWholes - 1)) - sizeof(Page)) {
    std::size_t pages = (size + sizeof(Page) + kPage - 1) / kPage;
    if (void* block = whole_pages(std::bit_width(pages - 1)); block != nullptr)
      return block;
  }
  return std::malloc(size); // allow new: the blocks that are not ours
}

void release(void* pointer) {
  auto address = reinterpret_cast<std::uintptr_t>(pointer);
  if (address - reinterpret_cast<std::uintptr_t>(range) >= kRange)
    return std::free(pointer);
  std::size_t size_class = reinterpret_cast<Page*>(address / kPage * kPage)->size_class;
  auto* block = static_cast<Block*>(pointer);
  block->next = free_blocks[size_class];
  free_blocks[size_class] = block;
}

} // namespace

void* operator new(std::size_t size) {
  void* out = allocate(size);
  return out != nullptr ? out : (out_of_memory(), nullptr);
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  return allocate(size);
}
void operator delete(void* pointer) noexcept {
  release(pointer);
}
void operator delete(void* pointer, std::size_t) noexcept {
  release(pointer);
}
void operator delete(void* pointer, const std::nothrow_t&) noexcept {
  release(pointer);
}
