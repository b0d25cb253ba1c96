#include "oci/update.hpp"

#include "base/file.hpp"
#include "base/text.hpp"
#include "commandline/libexec.hpp"
#include "oci/systemd_manager.hpp"
#include "oci/values.hpp"
#include "oci/verbs.hpp"
#include "runtime/lifecycle/update.hpp"
#include "spec/reader.hpp"

#include <unistd.h>

#include <limits>

namespace phial::oci {

namespace {

constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();

// A size like "64m", or -1.
Result<std::optional<std::int64_t>> size_of(const Arguments& arguments, std::string_view flag) {
  std::optional<std::string_view> text = arguments.last(flag);
  if (!text || text->empty())
    return std::nullopt;
  if (*text == "-1")
    return -1;
  std::optional<std::uint64_t> bytes = parse_size(*text);
  if (!bytes || *bytes > static_cast<std::uint64_t>(kMost))
    return fail(Kind::usage, "--" + std::string(flag) + ": \"" + std::string(*text) + "\" is no size",
                "a number of bytes, or one with k, m, g behind it; -1 is no limit");
  return static_cast<std::int64_t>(*bytes);
}

// A number of one kind into a field of another that holds it.
template <class T>
Result<> read_number(const Arguments& arguments, std::string_view flag, std::optional<T>& into, std::int64_t least,
                     std::int64_t most = kMost) {
  if (std::optional<std::int64_t> value = TRY(number_of(arguments, flag, least, most)))
    into = static_cast<T>(*value);
  return {};
}

Result<> read_cpu(const Arguments& arguments, kernel::CpuResources& cpu) {
  TRY(read_number(arguments, "cpu-period", cpu.period, 0));
  TRY(read_number(arguments, "cpu-quota", cpu.quota, -1));
  TRY(read_number(arguments, "cpu-burst", cpu.burst, 0));
  TRY(read_number(arguments, "cpu-share", cpu.shares, 0));
  TRY(read_number(arguments, "cpu-rt-period", cpu.realtime_period, 0));
  TRY(read_number(arguments, "cpu-rt-runtime", cpu.realtime_runtime, -1));
  TRY(read_number(arguments, "cpu-idle", cpu.idle, 0, 1));
  for (auto [flag, list] : {std::pair{"cpuset-cpus", &cpu.cpus}, std::pair{"cpuset-mems", &cpu.mems}}) {
    *list = std::string(arguments.last(flag).value_or(""));
    if (list->find_first_not_of("0123456789,-") != std::string::npos)
      return fail(Kind::usage, std::string("--") + flag + ": \"" + *list + "\" is not a list like 0-3,7");
  }
  return {};
}

Result<> read_memory(const Arguments& arguments, kernel::MemoryResources& memory) {
  memory.limit = TRY(size_of(arguments, "memory"));
  memory.reservation = TRY(size_of(arguments, "memory-reservation"));
  memory.swap = TRY(size_of(arguments, "memory-swap"));
  return {};
}

} // namespace

Result<kernel::Resources> resources_of(const Arguments& arguments) {
  kernel::Resources out;
  kernel::CpuResources cpu;
  TRY(read_cpu(arguments, cpu));
  if (cpu != kernel::CpuResources{})
    out.cpu = std::move(cpu);
  kernel::MemoryResources memory;
  TRY(read_memory(arguments, memory));
  if (memory != kernel::MemoryResources{})
    out.memory = memory;
  std::optional<std::int64_t> pids = TRY(number_of(arguments, "pids-limit", -1, kMost));
  if (pids && *pids != 0)
    out.pids = kernel::PidsResources{pids};
  std::optional<std::int64_t> weight = TRY(number_of(arguments, "blkio-weight", 0, 1000));
  if (weight && *weight != 0) {
    if (*weight < 10)
      return fail(Kind::usage, "--blkio-weight: " + std::to_string(*weight) + " is not from 10 to 1000");
    out.block_io.emplace().weight = static_cast<std::uint16_t>(*weight);
  }
  return out;
}

Result<int> update(const Call& call) {
  runtime::UpdateRequest request;
  if (std::optional<std::string_view> file = call.arguments.last("resources"); file && !file->empty()) {
    std::string text = *file == "-" ? TRY(read_all(STDIN_FILENO)) : TRY(read_file(std::string(*file)));
    request.resources = TRY(spec::read_resources(text, *file == "-" ? "standard input" : *file));
  } else {
    request.resources = TRY(resources_of(call.arguments));
  }
  request.l3_cache_schema = call.text("l3-cache-schema");
  request.memory_bandwidth_schema = call.text("mem-bw-schema");
  request.libexec = commandline::libexec_directory();
  request.session = user_session(call.environment);
  for (const char* flag : {"kernel-memory", "kernel-memory-tcp"})
    if (call.arguments.last(flag))
      call.log.warning(std::string("--") + flag + " is ignored: the kernel has no such limit any more");
  TRY(runtime::update_container(call.globals.root, call.id(), request));
  return 0;
}

} // namespace phial::oci
