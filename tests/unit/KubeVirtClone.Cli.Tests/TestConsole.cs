using KubeVirtClone.Cli.CommandLine;
using KubeVirtClone.Cli.Output;

namespace KubeVirtClone.Cli.Tests;

/// <summary>Runs commands in this process with streams that can be read afterwards.</summary>
internal sealed class TestConsole : IDisposable
{
    private readonly StringWriter _output = new();
    private readonly StringWriter _error = new();
    private readonly StringReader _input;

    public TestConsole(string input = "", bool inputIsTerminal = false)
    {
        _input = new StringReader(input);
        Cli = new CliConsole(
            _input, _output, _error, outputIsTerminal: false, errorIsTerminal: false, inputIsTerminal: inputIsTerminal, colour: false);
    }

    public CliConsole Cli { get; }

    public string Output => _output.ToString();

    public string Error => _error.ToString();

    public async Task<int> RunAsync(params string[] arguments)
    {
        using var interruption = new Interruption(_ => { });
        return await Program.RunAsync(arguments, Cli, interruption);
    }

    public void Dispose()
    {
        _input.Dispose();
        _output.Dispose();
        _error.Dispose();
    }
}
