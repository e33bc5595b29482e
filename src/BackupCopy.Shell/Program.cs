using BackupCopy.Shell;

return CommandLine.Parse(args) switch
{
    CommandLine.Help => Say(Console.Out, CommandLine.Usage, ExitCode.Success),
    CommandLine.Invalid invalid => Say(
        Console.Error, invalid.Reason + Environment.NewLine + CommandLine.Usage, ExitCode.BadCommandLine),
    CommandLine.File file when !File.Exists(file.Path) => Say(
        Console.Error, $"The script file '{file.Path}' does not exist.", ExitCode.BadCommandLine),
    var request => Run(request),
};

static int Run(CommandLine request)
{
    if (ModuleLocation.Find() is not { } module)
    {
        return Say(
            Console.Error,
            $"The module is neither beside {AppContext.BaseDirectory} nor in a folder 'out' above it. "
            + "Build the solution first.",
            ExitCode.CannotStart);
    }

    using var session = new Session();
    using var stopper = new Stopper(session);
    var code = session.Import(module) ? session.Run(request) : ExitCode.CannotStart;
    return stopper.Terminated ? ExitCode.Terminated : code;
}

static int Say(TextWriter writer, string text, int exitCode)
{
    writer.WriteLine(text);
    return exitCode;
}
