using System.CommandLine;
using System.CommandLine.Completions;
using KubeVirtClone.Cli.CommandLine;
using KubeVirtClone.Cli.Completion;

namespace KubeVirtClone.Cli.Tests.Completion;

public sealed class CompleterTests
{
    [Theory]
    [InlineData("sn", "snapshot")]
    [InlineData("snapshot ", "get new remove wait")]
    [InlineData("get --all-n", "--all-namespaces")]
    [InlineData("get -o ", "custom-columns= json jsonpath= name table wide yaml")]
    [InlineData("get --output=y", "--output=yaml")]
    [InlineData("-n lab wait --for b", "bound")]
    [InlineData("completion z", "zsh")]
    [InlineData("new --without labels --met", "--method")]
    [InlineData("get -- --o", "")]
    [InlineData("new --count ", "")]
    public async Task Offers_what_can_come_next(string line, string expected)
    {
        var (candidates, directive) = await CompleteAsync(line);

        candidates.ShouldBe(expected.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        directive.ShouldBe(4);
    }

    [Theory]
    [InlineData("get --kubeconfig ")]
    [InlineData("new --filename ")]
    [InlineData("new -f ")]
    public async Task Leaves_files_to_the_shell(string line)
    {
        var (candidates, directive) = await CompleteAsync(line);

        candidates.ShouldBeEmpty();
        directive.ShouldBe(0);
    }

    [Fact]
    public async Task Leaves_the_word_open_while_an_option_has_several_values()
    {
        var (candidates, directive) = await CompleteAsync("get --output=");

        candidates.ShouldContain("--output=yaml");
        (directive & 2).ShouldBe(2, "the shell would end the word");
    }

    [Fact]
    public async Task Offers_every_command_and_every_option_of_it()
    {
        var common = new RootCommand();
        new GlobalOptions().AddTo(common);
        var globals = common.Options.Where(o => o.Recursive && o is not VersionOption).Select(o => o.Name).ToList();
        foreach (var (path, command) in Commands())
        {
            var (options, _) = await CompleteAsync($"{path} -".TrimStart());
            var expected = command.Options.Where(o => !o.Hidden && o is not VersionOption).Select(o => o.Name)
                .Concat(globals).Append("--help").Distinct().Order(StringComparer.Ordinal);
            string.Join(' ', options).ShouldBe(string.Join(' ', expected), $"the options of '{path}'");
        }
    }

    [Fact]
    public void Knows_for_every_command_what_its_arguments_name()
    {
        using var console = new TestConsole();
        using var interruption = new Interruption(_ => { });
        foreach (var (path, command) in Commands().Where(c => c.Command.Arguments.Count > 0))
        {
            var values = command.Arguments.SelectMany(a => a.GetCompletions(CompletionContext.Empty));
            var parsed = Program.Parse(path.Split(' '), console.Cli, interruption);
            (values.Any() || CompletedNames.OfArgument("kubectl vmclone " + path, parsed.CommandResult) is not null).ShouldBeTrue($"'{path}' offers nothing");
        }
    }

    [Theory]
    [InlineData("bash")]
    [InlineData("zsh")]
    [InlineData("fish")]
    [InlineData("pwsh")]
    [InlineData("kubectl")]
    public async Task Prints_a_script_for_each_shell(string shell)
    {
        using var console = new TestConsole();

        (await console.RunAsync("completion", shell)).ShouldBe(0);

        console.Output.ShouldContain("__complete");
        console.Output.ShouldEndWith("\n");
        console.Error.ShouldBeEmpty();
    }

    [Fact]
    public async Task Refuses_a_shell_it_does_not_know()
    {
        using var console = new TestConsole();

        (await console.RunAsync("completion", "csh")).ShouldBe(ExitCode.Usage);

        console.Error.ShouldContain("csh");
        console.Error.ShouldContain("fish");
    }

    private static IEnumerable<(string Path, Command Command)> Commands()
    {
        using var console = new TestConsole();
        using var interruption = new Interruption(_ => { });
        var root = CommandTree.Build(new GlobalOptions(), new CommandRunner(console.Cli, interruption));
        return [.. Below("", root)];

        static IEnumerable<(string, Command)> Below(string path, Command command) =>
            command.Subcommands.SelectMany(c => Below($"{path} {c.Name}".TrimStart(), c).Prepend(($"{path} {c.Name}".TrimStart(), c)));
    }

    private static async Task<(string[] Candidates, int Directive)> CompleteAsync(string line)
    {
        using var console = new TestConsole();
        (await console.RunAsync(["__complete", .. line.Split(' ')])).ShouldBe(0);
        console.Error.ShouldBeEmpty();
        var lines = console.Output.Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries);
        lines[^1].ShouldStartWith(":");
        return ([.. lines[..^1].Select(l => l.Split('\t')[0])], int.Parse(lines[^1][1..], System.Globalization.CultureInfo.InvariantCulture));
    }
}
