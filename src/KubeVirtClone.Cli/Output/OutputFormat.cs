namespace KubeVirtClone.Cli.Output;

/// <summary>The values of -o.</summary>
internal enum OutputFormat
{
    Table,
    Wide,
    Json,
    Yaml,
    Name,
}
