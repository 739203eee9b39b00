namespace KubeVirtClone.Cli.Commands;

/// <summary>Removes things one after the other, and prints each that is gone.</summary>
internal static class Removal
{
    /// <param name="items">What to remove.</param>
    /// <param name="shape">How they are printed.</param>
    /// <param name="format">The value of -o; as a table each is the line "KIND/NAME removed".</param>
    /// <param name="context">Where faults go.</param>
    /// <param name="removeAsync">Removes one; gives the fault when it is not removed.</param>
    /// <param name="place">What to say after its name where it is not where the others are.</param>
    public static async Task RunAsync<T>(
        IReadOnlyList<T> items, RecordShape<T> shape, OutputFormat format, CommandContext context, Func<T, CancellationToken, Task<Fault?>> removeAsync, Func<T, string>? place = null)
    {
        var removed = 0;
        using var lastWords = context.OnInterrupt(() => context.WriteLine($"interrupted: {removed} of {items.Count} were removed"));
        using var document = ItemDocument.Open(context.Console.Output, format);
        foreach (var item in items)
        {
            if (await removeAsync(item, context.Cancelled) is { } fault)
            {
                context.Faults.Write(fault);
                continue;
            }

            removed++;
            if (document is not null)
                document.Add(shape.Document(item));
            else
                await context.Console.Output.WriteAsync(shape.Reference(item) + (format == OutputFormat.Name ? "\n" : $"{place?.Invoke(item)} removed\n"));
            await context.Console.Output.FlushAsync(context.Cancelled);
        }
    }
}
