// phial-systemd: makes, changes and stops the systemd units of containers. It is started where the systemd cgroup
// driver is asked for, because libsystemd exists as a shared library only and the programs are static. One sentence on
// stderr and the exit status 1 where it fails; a hint on a second line.
//
//   start UNIT [--pid PID] [NAME=VALUE]...
//   set UNIT [NAME=VALUE]...
//   stop UNIT
//   cgroup                  prints the cgroup the manager's units lie below
//
// --address ADDRESS, several times: the buses to try instead of the system's. A VALUE is written as GVariant text.
#include "base/file.hpp"
#include "base/text.hpp"
#include "helpers/systemd_bus.hpp"

#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

namespace {

using namespace phial;
using helpers::Property;
using helpers::SystemdBus;

struct Order {
  std::string verb;
  std::string unit;
  std::vector<std::string> addresses;
  std::vector<Property> properties;
};

Result<Property> property_of(std::string_view text) {
  Halves halves = split_once(text, '=');
  if (!halves.second)
    return fail(Kind::usage, "a property is NAME=VALUE: " + std::string(text));
  return Property{std::string(halves.first),
                  TRY(parse_variant(*halves.second), "property " + std::string(halves.first))};
}

Result<Property> processes(std::string_view pid) {
  if (!parse_uint(pid))
    return fail(Kind::usage, "this is no pid: " + std::string(pid));
  return Property{"PIDs", {"au", "", {{"u", std::string(pid), {}}}}};
}

Result<Order> parse(int argc, char** argv) {
  Order out;
  for (int i = 1; i < argc; ++i) {
    std::string_view word = argv[i];
    if (!word.starts_with("--")) {
      if (out.verb.empty() || out.unit.empty())
        (out.verb.empty() ? out.verb : out.unit) = word;
      else
        out.properties.push_back(TRY(property_of(word)));
      continue;
    }
    if (++i == argc)
      return fail(Kind::usage, std::string(word) + " needs a value");
    if (word == "--address")
      out.addresses.emplace_back(argv[i]);
    else if (word == "--pid")
      out.properties.push_back(TRY(processes(argv[i])));
    else
      return fail(Kind::usage, "unknown option " + std::string(word));
  }
  return out;
}

Result<> run(const Order& order) {
  if (order.verb != "start" && order.verb != "stop" && order.verb != "set" && order.verb != "cgroup")
    return fail(Kind::usage, "phial-systemd is started by phial; it has no use of its own");
  if (order.unit.empty() != (order.verb == "cgroup"))
    return fail(Kind::usage, order.verb + " takes " + (order.unit.empty() ? "the name of a unit" : "no name"));
  SystemdBus bus = TRY(SystemdBus::open(order.addresses));
  if (order.verb == "start")
    return bus.start(order.unit, order.properties);
  if (order.verb == "stop")
    return bus.stop(order.unit);
  if (order.verb == "set")
    return bus.set(order.unit, order.properties);
  return write_all(STDOUT_FILENO, TRY(bus.cgroup()) + "\n");
}

} // namespace

int main(int argc, char** argv) {
  // Whoever started it takes no more interest: what it was to make would be nobody's.
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  Result<Order> order = parse(argc, argv);
  Result<> done = order ? run(*order) : Result<>(std::unexpected(order.error()));
  if (done)
    return 0;
  const Error& error = done.error();
  (void)write_all(STDERR_FILENO, error.text() + "\n" + (error.hint.empty() ? "" : "hint: " + error.hint + "\n"));
  return error.kind == Kind::usage ? 2 : 1;
}
