#include "helpers/systemd_bus.hpp"

#include "base/text.hpp"

#include <systemd/sd-bus.h>

#include <time.h>
#include <unistd.h>

#include <cstdlib>

namespace phial::helpers {

namespace {

constexpr const char* kName = "org.freedesktop.systemd1";
constexpr const char* kPath = "/org/freedesktop/systemd1";
constexpr const char* kInterface = "org.freedesktop.systemd1.Manager";
constexpr const char* kPrivate = "unix:path=/run/systemd/private";
constexpr std::uint64_t kPatience = 30'000'000; // microseconds that a job may take

struct Unref {
  void operator()(sd_bus_message* message) const { ::sd_bus_message_unref(message); }
};
using Message = std::unique_ptr<sd_bus_message, Unref>;

struct CallError {
  sd_bus_error value{};
  CallError() = default;
  CallError(const CallError&) = delete;
  CallError& operator=(const CallError&) = delete;
  ~CallError() { ::sd_bus_error_free(&value); }
  [[nodiscard]] bool is(const char* name) const { return ::sd_bus_error_has_name(&value, name) != 0; }
};

std::uint64_t now() {
  timespec time{};
  ::clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000 + static_cast<std::uint64_t>(time.tv_nsec) / 1000;
}

// "systemd refuses to start x.scope: Unknown unit property".
std::unexpected<Error> refused(const std::string& what, const CallError& error, int number) {
  std::string reason = error.value.message != nullptr ? error.value.message : "";
  if (reason.empty())
    return fail_call("systemd " + what, "", -number);
  while (reason.ends_with('.'))
    reason.pop_back();
  return fail(Kind::system, "systemd does not " + what + ": " + reason);
}

// Every function below returns what sd-bus does: a negative errno on failure.
int append(sd_bus_message* message, const Variant& value);

int append_integer(sd_bus_message* message, char type, const std::string& text) {
  std::uint64_t bits =
      text.starts_with('-') ? static_cast<std::uint64_t>(parse_int(text).value_or(0)) : parse_uint(text).value_or(0);
  // Little-endian or not: a value of the right width is copied.
  switch (type) {
  case 'y': {
    auto narrow = static_cast<std::uint8_t>(bits);
    return ::sd_bus_message_append_basic(message, type, &narrow);
  }
  case 'n':
  case 'q': {
    auto narrow = static_cast<std::uint16_t>(bits);
    return ::sd_bus_message_append_basic(message, type, &narrow);
  }
  case 'i':
  case 'u': {
    auto narrow = static_cast<std::uint32_t>(bits);
    return ::sd_bus_message_append_basic(message, type, &narrow);
  }
  case 'x':
  case 't': return ::sd_bus_message_append_basic(message, type, &bits);
  default: return -EOPNOTSUPP;
  }
}

int append_items(sd_bus_message* message, const Variant& value) {
  bool array = value.type[0] == 'a';
  std::string contents = array ? value.type.substr(1) : value.type.substr(1, value.type.size() - 2);
  int r = ::sd_bus_message_open_container(message, array ? 'a' : 'r', contents.c_str());
  for (const Variant& item : value.items)
    if (r >= 0)
      r = append(message, item);
  return r < 0 ? r : ::sd_bus_message_close_container(message);
}

int append(sd_bus_message* message, const Variant& value) {
  char type = value.type[0];
  switch (type) {
  case 'a':
  case '(': return append_items(message, value);
  case 's':
  case 'o':
  case 'g': return ::sd_bus_message_append_basic(message, type, value.text.c_str());
  case 'b': {
    int truth = value.text == "true" ? 1 : 0;
    return ::sd_bus_message_append_basic(message, type, &truth);
  }
  default: return append_integer(message, type, value.text);
  }
}

// a(sv)
int append_properties(sd_bus_message* message, const std::vector<Property>& properties) {
  int r = ::sd_bus_message_open_container(message, 'a', "(sv)");
  for (const Property& property : properties) {
    if (r >= 0)
      r = ::sd_bus_message_open_container(message, 'r', "sv");
    if (r >= 0)
      r = ::sd_bus_message_append_basic(message, 's', property.name.c_str());
    if (r >= 0)
      r = ::sd_bus_message_open_container(message, 'v', property.value.type.c_str());
    if (r >= 0)
      r = append(message, property.value);
    if (r >= 0)
      r = ::sd_bus_message_close_container(message);
    if (r >= 0)
      r = ::sd_bus_message_close_container(message);
  }
  return r < 0 ? r : ::sd_bus_message_close_container(message);
}

Result<Message> new_call(sd_bus* bus, const char* method) {
  sd_bus_message* message = nullptr;
  if (int r = ::sd_bus_message_new_method_call(bus, &message, kName, kPath, kInterface, method); r < 0)
    return fail_call(method, "", -r);
  return Message(message);
}

// The answer's one value, the path of a job.
Result<std::string> job_of(sd_bus_message* answer) {
  const char* path = nullptr;
  if (int r = ::sd_bus_message_read_basic(answer, 'o', &path); r < 0)
    return fail_call("read systemd's answer", "", -r);
  return std::string(path);
}

int connect(const std::string& address, sd_bus** out) {
  sd_bus* bus = nullptr;
  int r = ::sd_bus_new(&bus);
  if (r >= 0)
    r = ::sd_bus_set_address(bus, address.c_str());
  // systemd's own socket is no bus: nobody gives out names there.
  if (r >= 0 && !address.ends_with("/systemd/private"))
    r = ::sd_bus_set_bus_client(bus, 1);
  if (r >= 0)
    r = ::sd_bus_start(bus);
  if (r < 0) {
    ::sd_bus_unref(bus);
    return r;
  }
  *out = bus;
  return 0;
}

} // namespace

// The jobs that have ended, with their results; more than ours may be among them.
struct SystemdBus::Jobs {
  std::vector<std::pair<std::string, std::string>> ended;

  static int removed(sd_bus_message* message, void* self, sd_bus_error*) {
    std::uint32_t id = 0;
    const char* path = nullptr;
    const char* unit = nullptr;
    const char* result = nullptr;
    if (::sd_bus_message_read(message, "uoss", &id, &path, &unit, &result) >= 0)
      static_cast<Jobs*>(self)->ended.emplace_back(path, result);
    return 0;
  }
};

void SystemdBus::Closer::operator()(sd_bus* bus) const {
  ::sd_bus_flush_close_unref(bus);
}

Result<SystemdBus> SystemdBus::open(const std::vector<std::string>& addresses) {
  sd_bus* bus = nullptr;
  int first = 0; // what the first address says is what matters
  auto tried = [&](int r) {
    if (r < 0 && first == 0)
      first = r;
    return r >= 0;
  };
  if (addresses.empty()) {
    if (tried(::sd_bus_open_system(&bus)) || (::geteuid() == 0 && tried(connect(kPrivate, &bus))))
      return SystemdBus(bus);
  }
  for (const std::string& address : addresses)
    if (tried(connect(address, &bus)))
      return SystemdBus(bus);
  Error error = fail_call("connect", addresses.empty() ? "the system's bus" : addresses[0], -first).error();
  error.message = "systemd cannot be reached";
  return std::unexpected(std::move(error).with_hint(
      "see whether dbus runs; or leave --systemd-cgroup out, or say --cgroup-manager cgroupfs"));
}

Result<> SystemdBus::watch_jobs() {
  if (jobs_)
    return {};
  auto jobs = std::make_shared<Jobs>();
  int r = ::sd_bus_match_signal(bus_.get(), nullptr, kName, kPath, kInterface, "JobRemoved", Jobs::removed, jobs.get());
  if (r < 0)
    return fail_call("sd_bus_match_signal", "JobRemoved", -r);
  jobs_ = std::move(jobs);
  // Without it systemd sends signals over no bus. Where somebody else has asked already, that is fine.
  (void)::sd_bus_call_method(bus_.get(), kName, kPath, kInterface, "Subscribe", nullptr, nullptr, "");
  return {};
}

Result<> SystemdBus::await(const std::string& job, const std::string& unit) {
  std::uint64_t end = now() + kPatience;
  for (;;) {
    for (const auto& [path, result] : jobs_->ended)
      if (path == job)
        return result == "done" ? Result<>()
                                : fail(Kind::system, "systemd's job for " + unit + " ended as " + result,
                                       "journalctl -u " + unit + " may tell more");
    int r = ::sd_bus_process(bus_.get(), nullptr);
    if (r < 0)
      return fail_call("wait for systemd's job for " + unit, "", -r);
    if (r > 0)
      continue;
    std::uint64_t time = now();
    if (time >= end)
      return fail(Kind::system, "systemd did not finish its job for " + unit + " within 30 seconds",
                  "systemctl list-jobs shows what it waits for");
    if (r = ::sd_bus_wait(bus_.get(), end - time); r < 0 && r != -EINTR)
      return fail_call("wait for systemd's job for " + unit, "", -r);
  }
}

Result<std::string> SystemdBus::start_job(const std::string& unit, const std::vector<Property>& properties) {
  // Once more, after clearing away what has failed under that name.
  for (bool again = true;; again = false) {
    Message call = TRY(new_call(bus_.get(), "StartTransientUnit"));
    int r = ::sd_bus_message_append(call.get(), "ss", unit.c_str(), "fail");
    if (r >= 0)
      r = append_properties(call.get(), properties);
    if (r >= 0)
      r = ::sd_bus_message_append(call.get(), "a(sa(sv))", 0);
    if (r < 0)
      return fail_call("compose the message to systemd", "", -r);
    CallError error;
    sd_bus_message* answer = nullptr;
    r = ::sd_bus_call(bus_.get(), call.get(), 0, &error.value, &answer);
    Message owned(answer);
    if (r >= 0)
      return job_of(answer);
    if (!error.is("org.freedesktop.systemd1.UnitExists"))
      return refused("start " + unit, error, r);
    if (!again)
      return fail(Kind::exists, "systemd has a unit " + unit + " already",
                  "see systemctl status " + unit + "; a container's name has to be its own");
    forget(unit);
  }
}

Result<> SystemdBus::start(const std::string& unit, const std::vector<Property>& properties) {
  TRY(watch_jobs());
  std::string job = TRY(start_job(unit, properties));
  Result<> done = await(job, unit);
  if (!done) // nobody else would: a step that failed is not undone
    (void)stop(unit);
  return done;
}

void SystemdBus::forget(const std::string& unit) {
  (void)::sd_bus_call_method(bus_.get(), kName, kPath, kInterface, "ResetFailedUnit", nullptr, nullptr, "s",
                             unit.c_str());
}

Result<> SystemdBus::stop(const std::string& unit) {
  TRY(watch_jobs());
  CallError error;
  sd_bus_message* answer = nullptr;
  int r = ::sd_bus_call_method(bus_.get(), kName, kPath, kInterface, "StopUnit", &error.value, &answer, "ss",
                               unit.c_str(), "replace");
  Message owned(answer);
  if (r < 0)
    return error.is("org.freedesktop.systemd1.NoSuchUnit") ? Result<>() : refused("stop " + unit, error, r);
  Result<> done = await(TRY(job_of(answer)), unit);
  forget(unit);
  return done;
}

Result<> SystemdBus::set(const std::string& unit, const std::vector<Property>& properties) {
  Message call = TRY(new_call(bus_.get(), "SetUnitProperties"));
  int runtime = 1;
  int r = ::sd_bus_message_append(call.get(), "sb", unit.c_str(), runtime);
  if (r >= 0)
    r = append_properties(call.get(), properties);
  if (r < 0)
    return fail_call("compose the message to systemd", "", -r);
  CallError error;
  r = ::sd_bus_call(bus_.get(), call.get(), 0, &error.value, nullptr);
  return r < 0 ? refused("change " + unit, error, r) : Result<>();
}

Result<std::string> SystemdBus::cgroup() {
  CallError error;
  char* text = nullptr;
  int r = ::sd_bus_get_property_string(bus_.get(), kName, kPath, kInterface, "ControlGroup", &error.value, &text);
  if (r < 0)
    return refused("tell its cgroup", error, r);
  std::unique_ptr<char, void (*)(void*)> owned(text, std::free);
  return std::string(text);
}

} // namespace phial::helpers
