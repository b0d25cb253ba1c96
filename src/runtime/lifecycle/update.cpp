#include "runtime/lifecycle/update.hpp"

#include "base/file.hpp"
#include "base/text.hpp"
#include "kernel/cgroup/controller.hpp"
#include "kernel/cgroup/stats.hpp"
#include "runtime/lifecycle/container.hpp"
#include "runtime/lifecycle/state_directory.hpp"
#include "runtime/update_resources.hpp"
#include "spec/writer.hpp"

#include <fcntl.h>

#include <algorithm>

namespace phial::runtime {

namespace {

Result<> write_text(const std::string& path, const std::string& text) {
  Fd file = TRY(open_at(AT_FDCWD, path, O_WRONLY));
  return write_all(file.get(), text);
}

// A file that is not there, which its write tells better, or that can only be written.
bool is_never_read(int number) {
  return number == ENOENT || number == EACCES || number == EINVAL || number == EOPNOTSUPP;
}

// Writes files one after the other, and knows how to take it back.
class Writes {
public:
  Writes(const kernel::CgroupLayout& layout, const std::string& cgroup) : layout_(layout), cgroup_(cgroup) {}

  Result<> write(const kernel::FileWrite& write) {
    std::string directory = directory_of(write);
    std::string path = directory + "/" + write.file;
    std::string value = write.value;
    if (!write.fallback_file.empty() && !exists(path)) {
      path = directory + "/" + write.fallback_file;
      value = write.fallback_value;
    }
    Result<std::string> before = read_file(path);
    if (!before && !is_never_read(before.error().number)) { // without it there would be no way back
      take_back();
      return std::unexpected(std::move(before).error());
    }
    Result<> written = write_text(path, value);
    if (!written && std::ranges::find(write.tolerated, written.error().number) == write.tolerated.end()) {
      take_back();
      return std::unexpected(explained(std::move(written).error(), write, value));
    }
    if (written && before)
      done_.push_back({path, std::string(trim(*before))});
    return {};
  }

private:
  struct Done {
    std::string path;
    std::string before;
  };

  [[nodiscard]] std::string directory_of(const kernel::FileWrite& write) const {
    const kernel::CgroupHierarchy* hierarchy =
        write.version == 2 ? layout_.unified() : layout_.holding(write.controller);
    return hierarchy == nullptr ? std::string() : hierarchy->directory(cgroup_);
  }

  // Files of several lines have a line for each device: what was added to them stays.
  void take_back() {
    for (auto it = done_.rbegin(); it != done_.rend(); ++it)
      if (it->before.find('\n') == std::string::npos && !it->before.empty())
        (void)write_text(it->path, it->before);
    done_.clear();
  }

  [[nodiscard]] Error explained(Error error, const kernel::FileWrite& write, const std::string& value) const {
    error = while_doing(std::move(error), "set " + write.field + " to " + value);
    if (write.controller != "memory")
      return error;
    auto bytes = [&](const char* file) {
      Result<std::string> text = read_file(directory_of(write) + "/" + file);
      return text ? std::string(trim(*text)) : std::string();
    };
    if (error.number == EBUSY)
      error.hint = "the container uses " + bytes(write.version == 2 ? "memory.current" : "memory.usage_in_bytes") +
                   " bytes of memory now";
    else if (error.number == EINVAL && write.version == 1)
      error.hint = "memory and swap together are limited to " + bytes("memory.memsw.limit_in_bytes") +
                   " bytes: change that limit too (--memory-swap)";
    return error;
  }

  const kernel::CgroupLayout& layout_;
  const std::string& cgroup_;
  std::vector<Done> done_;
};

// Empty where there is no such file.
Result<std::string> text_of(const kernel::CgroupLayout& layout, const Record& record, std::string_view controller,
                            const char* file) {
  const kernel::CgroupHierarchy* hierarchy = layout.holding(controller);
  if (hierarchy == nullptr)
    return std::string();
  Result<std::string> text = read_file(hierarchy->directory(record.cgroup) + "/" + file);
  if (!text && is_never_read(text.error().number))
    return std::string();
  return text;
}

Result<kernel::CgroupRequest> request_for(const kernel::CgroupLayout& layout, const Record& record,
                                          const kernel::Resources& resources) {
  kernel::CgroupRequest out{
      .resources = resources, .update = true, .current = {}, .parent_cpus = {}, .parent_mems = {}};
  out.current.cpu_max = TRY(text_of(layout, record, "cpu", "cpu.max")); // the half that is not changed stays
  out.current.memory_swap = parse_int(trim(TRY(text_of(layout, record, "memory", "memory.memsw.limit_in_bytes"))));
  if (resources.memory) {
    std::string usage = TRY(text_of(layout, record, "memory", "memory.current"));
    if (usage.empty())
      usage = TRY(text_of(layout, record, "memory", "memory.usage_in_bytes"));
    TRY(kernel::check_memory_update(*resources.memory, kernel::single_value(usage).value_or(0)));
  }
  return out;
}

Result<> tell_systemd(const Container& container, const spec::Spec& spec, const UpdateRequest& request) {
  if (container.record.scope.empty())
    return {};
  SystemdManager manager = TRY(find_systemd_manager(request.libexec, request.session));
  SystemdScope scope = TRY(systemd_scope(spec, container.record.id, std::move(manager)));
  return set_systemd_properties(scope, request.resources);
}

Result<> write_schemata(const Record& record, const UpdateRequest& request) {
  for (const std::string& schema : {request.l3_cache_schema, request.memory_bandwidth_schema}) {
    if (schema.empty())
      continue;
    if (record.intel_rdt.empty())
      return fail(Kind::unsupported, "the container has no group of resctrl whose schemata could change",
                  "ask for one with linux.intelRdt in config.json, where resctrl is mounted");
    TRY(write_text(record.intel_rdt + "/schemata", schema + "\n"), "set the schemata of " + record.intel_rdt);
  }
  return {};
}

} // namespace

Result<> update_container(const std::string& root, const std::string& id, const UpdateRequest& request) {
  Container container = TRY(find_container(root, id));
  Fd lock = TRY(lock_state(root, id));
  if (container.status == Status::stopped || container.status == Status::creating)
    return fail(Kind::state, "container not running");
  if (container.record.cgroup.empty())
    return fail(Kind::state, "the container has no cgroup of its own, so it has no limits");
  spec::Spec spec = TRY(stored_spec(root, id));
  kernel::Resources stored = spec.platform.resources.value_or(kernel::Resources{});
  kernel::CgroupLayout layout = TRY(kernel::probe_cgroup_layout());
  kernel::CgroupRequest wanted = TRY(request_for(layout, container.record, written_for(request.resources, stored)));
  kernel::FileWrites writes = TRY(kernel::cgroup_writes(layout, wanted));
  TRY(tell_systemd(container, spec, request));
  Writes done(layout, container.record.cgroup);
  for (const kernel::FileWrite& write : writes)
    TRY(done.write(write));
  TRY(write_schemata(container.record, request));
  spec.platform.resources = updated(std::move(stored), request.resources);
  if (spec.platform.intel_rdt && !request.l3_cache_schema.empty())
    spec.platform.intel_rdt->l3_cache_schema = request.l3_cache_schema;
  if (spec.platform.intel_rdt && !request.memory_bandwidth_schema.empty())
    spec.platform.intel_rdt->memory_bandwidth_schema = request.memory_bandwidth_schema;
  return write_file_atomically(state_path(root, id) + "/config.json", to_text(spec::to_json(spec), 2) + "\n");
}

} // namespace phial::runtime
