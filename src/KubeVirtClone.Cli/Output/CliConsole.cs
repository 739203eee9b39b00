using System.Text;

namespace KubeVirtClone.Cli.Output;

/// <summary>The three standard streams, and what may be done with them. stdout carries results only; all else goes to stderr.</summary>
internal sealed class CliConsole
{
    public CliConsole(TextReader input, TextWriter output, TextWriter error, bool outputIsTerminal, bool errorIsTerminal, bool inputIsTerminal, bool colour)
    {
        Input = input;
        Output = output;
        Error = error;
        OutputIsTerminal = outputIsTerminal;
        ErrorIsTerminal = errorIsTerminal;
        InputIsTerminal = inputIsTerminal;
        Colour = colour;
    }

    public TextReader Input { get; }

    public TextWriter Output { get; }

    public TextWriter Error { get; }

    public bool OutputIsTerminal { get; }

    public bool ErrorIsTerminal { get; }

    public bool InputIsTerminal { get; }

    /// <summary>Colours are wanted where there is a terminal: NO_COLOR is not set and TERM is not "dumb".</summary>
    public bool Colour { get; }

    public static CliConsole ForProcess()
    {
        var encoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
        var output = new StreamWriter(Console.OpenStandardOutput(), encoding, 8192) { AutoFlush = false };
        var error = TextWriter.Synchronized(new StreamWriter(Console.OpenStandardError(), encoding, 1024) { AutoFlush = true });
        var plain = !string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"))
            || string.Equals(Environment.GetEnvironmentVariable("TERM"), "dumb", StringComparison.Ordinal);
        return new CliConsole(
            Console.In,
            TextWriter.Synchronized(output),
            error,
            !Console.IsOutputRedirected,
            !Console.IsErrorRedirected,
            !Console.IsInputRedirected,
            !plain);
    }
}
