#include "engine/exec_failure.hpp"

#include "base/file.hpp"
#include "engine/image_view.hpp"
#include "runtime/exec_diagnosis.hpp"

#include <fcntl.h>

namespace phial::engine {

namespace {

// The container's root as it was: what it wrote lies above the image.
Result<runtime::RootView> view_of(const Record& record, const std::string& upper, const spec::Spec& spec) {
  std::vector<std::string> layers = record.layers;
  if (exists(upper))
    layers.push_back(upper);
  Result<Fd> root = open_image_root(layers);
  if (!root)
    root = open_image_root(record.layers);
  return runtime::RootView(TRY(std::move(root)), runtime::root_mounts(spec));
}

} // namespace

void explain_start(Error& error, const Record& record, const std::string& upper, const spec::Spec& spec) {
  bool concerned = error.kind == Kind::command_missing || error.kind == Kind::command_invalid;
  if (!concerned || !spec.process)
    return;
  if (Result<runtime::RootView> view = view_of(record, upper, spec); view)
    runtime::explain_exec(error, *view, runtime::attempt_of(spec, *spec.process));
}

void explain_command(Error& error, std::int32_t pid, const spec::Spec& spec, const spec::Process& process) {
  std::string path = "/proc/" + std::to_string(pid) + "/root";
  if (Result<Fd> root = open_at(AT_FDCWD, path, O_PATH | O_DIRECTORY); root)
    runtime::explain_exec(error, runtime::RootView(std::move(*root)), runtime::attempt_of(spec, process));
}

std::string explain_127(const Record& record, const std::string& upper, const spec::Spec& spec) {
  if (!spec.process)
    return {};
  Result<runtime::RootView> view = view_of(record, upper, spec);
  if (!view)
    return {};
  std::optional<runtime::Diagnosis> found = runtime::diagnose_127(*view, runtime::attempt_of(spec, *spec.process));
  return found ? found->message + (found->hint.empty() ? "" : "\nhint: " + found->hint) : std::string();
}

} // namespace phial::engine
