#include "cli/manual.hpp"

#include "cli/help.hpp"
#include "cli/version.hpp"
#include "commandline/manual.hpp"

namespace phial::cli {

using commandline::roff;

namespace {

commandline::Manual manual() {
  return {.base = "phial", .version = version_text()};
}

} // namespace

std::string manual_name(const Verb& verb) {
  return commandline::manual_name(program_name(verb));
}

std::string manual_page(const Verb& verb) {
  return commandline::manual_text(manual(), page_of(verb));
}

std::string manual_overview() {
  std::string out = commandline::manual_heading(manual(), "phial");
  out += ".SH NAME\nphial \\- run containers, and show each as the program it is\n"
         ".SH SYNOPSIS\n\\fBphial\\fR [OPTIONS] COMMAND ...\n"
         ".SH DESCRIPTION\nPhial is a container engine without a daemon. A container is a program: an explicit list of "
         "system calls that can be read before it runs (\\fBphial explain\\fR), timed while it runs and named when it "
         "fails. Commands and flags mean what they mean to docker.\n";
  for (Group group : {Group::start, Group::watch, Group::steer, Group::image, Group::system}) {
    std::string part;
    for (const Verb* verb : all_verbs())
      if (verb->group == group)
        part += commandline::manual_entry(manual(), page_of(*verb));
    if (!part.empty())
      out += ".SH " + roff(group_title(group)) + "\n" + part;
  }
  out += commandline::manual_options(global_options());
  return out + ".SH EXIT STATUS\nThe container's own status for \\fBrun\\fR, \\fBexec\\fR and \\fBstart \\-a\\fR; 128 "
               "and the signal's number where one ended it; 127 where the command does not exist in the container, "
               "126 where it cannot be executed; 125 for a flag that cannot be understood or a container that could "
               "not be run; 1 for every other failure.\n";
}

} // namespace phial::cli
