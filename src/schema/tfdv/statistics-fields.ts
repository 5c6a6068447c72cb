import type { Descriptors, FieldType } from './wire.ts';

/**
 * The messages of statistics.proto and path.proto of tensorflow_metadata 1.16, by field: `number kind`, or `number
 * message`.
 */
const FIELDS: Readonly<Record<string, string>> = {
  DatasetFeatureStatisticsList: 'datasets 1 DatasetFeatureStatistics',
  DatasetFeatureStatistics:
    'name 1 string, num_examples 2 integer, weighted_num_examples 4 double, features 3 FeatureNameStatistics, cross_features 5 CrossFeatureStatistics',
  CrossFeatureStatistics:
    'path_x 1 Path, path_y 2 Path, count 3 integer, num_cross_stats 4 NumericCrossStatistics, categorical_cross_stats 5 CategoricalCrossStatistics',
  NumericCrossStatistics: 'correlation 1 float, covariance 2 float',
  CategoricalCrossStatistics: 'lift 1 LiftStatistics',
  LiftStatistics: 'lift_series 1 LiftSeries, weighted_lift_series 2 LiftSeries',
  LiftSeries:
    'y_int 1 integer, y_string 2 string, y_bucket 3 LiftSeries.Bucket, y_count 4 integer, weighted_y_count 5 double, lift_values 6 LiftSeries.LiftValue',
  'LiftSeries.Bucket': 'low_value 1 double, high_value 2 double',
  'LiftSeries.LiftValue':
    'x_int 1 integer, x_string 2 string, lift 3 double, x_count 4 integer, weighted_x_count 5 double, x_and_y_count 6 integer, weighted_x_and_y_count 7 double',
  FeatureNameStatistics:
    'name 1 string, path 8 Path, type 2 enum:FeatureNameStatistics.Type, num_stats 3 NumericStatistics, string_stats 4 StringStatistics, bytes_stats 5 BytesStatistics, struct_stats 7 StructStatistics, custom_stats 6 CustomStatistic',
  WeightedCommonStatistics:
    'num_non_missing 1 double, num_missing 2 double, avg_num_values 3 double, tot_num_values 4 double',
  CustomStatistic:
    'name 1 string, num 2 double, str 3 string, histogram 4 Histogram, rank_histogram 5 RankHistogram',
  NumericStatistics:
    'common_stats 1 CommonStatistics, mean 2 double, std_dev 3 double, num_zeros 4 integer, min 5 double, median 6 double, max 7 double, histograms 8 Histogram, weighted_numeric_stats 9 WeightedNumericStatistics',
  StringStatistics:
    'common_stats 1 CommonStatistics, unique 2 integer, top_values 3 StringStatistics.FreqAndValue, avg_length 4 float, rank_histogram 5 RankHistogram, weighted_string_stats 6 WeightedStringStatistics, vocabulary_file 7 string, invalid_utf8_count 8 integer',
  'StringStatistics.FreqAndValue': 'value 2 string, frequency 3 double',
  WeightedNumericStatistics: 'mean 1 double, std_dev 2 double, median 3 double, histograms 4 Histogram',
  WeightedStringStatistics: 'top_values 1 StringStatistics.FreqAndValue, rank_histogram 2 RankHistogram',
  BytesStatistics:
    'common_stats 1 CommonStatistics, unique 2 integer, avg_num_bytes 3 float, min_num_bytes 4 float, max_num_bytes 5 float, max_num_bytes_int 6 integer',
  StructStatistics: 'common_stats 1 CommonStatistics',
  PresenceAndValencyStatistics:
    'num_non_missing 1 integer, num_missing 2 integer, min_num_values 3 integer, max_num_values 4 integer, tot_num_values 5 integer',
  CommonStatistics:
    'num_non_missing 1 integer, num_missing 2 integer, min_num_values 3 integer, max_num_values 4 integer, avg_num_values 5 float, tot_num_values 8 integer, num_values_histogram 6 Histogram, weighted_common_stats 7 WeightedCommonStatistics, feature_list_length_histogram 9 Histogram, presence_and_valency_stats 10 PresenceAndValencyStatistics, weighted_presence_and_valency_stats 11 WeightedCommonStatistics',
  Histogram:
    'num_nan 1 integer, num_undefined 2 integer, buckets 3 Histogram.Bucket, type 4 enum:Histogram.HistogramType, name 5 string',
  'Histogram.Bucket': 'low_value 1 double, high_value 2 double, sample_count 4 double',
  RankHistogram: 'buckets 1 RankHistogram.Bucket, name 2 string',
  'RankHistogram.Bucket': 'low_rank 1 integer, high_rank 2 integer, label 4 string, sample_count 5 double',
  Path: 'step 1 string',
};

const ENUMS: Descriptors['enums'] = {
  'FeatureNameStatistics.Type': ['INT', 'FLOAT', 'STRING', 'BYTES', 'STRUCT'],
  'Histogram.HistogramType': ['STANDARD', 'QUANTILES'],
};

const SCALAR_KINDS = ['string', 'bytes', 'double', 'float', 'integer', 'boolean'] as const;

function fieldType(number: string, kind: string): FieldType {
  const scalar = SCALAR_KINDS.find((each) => each === kind);
  if (scalar !== undefined) return { number: Number(number), kind: scalar };
  return kind.startsWith('enum:')
    ? { number: Number(number), kind: 'enum', of: kind.slice(5) }
    : { number: Number(number), kind: 'message', of: kind };
}

/** All others, such as Any, are kept by number, as the bytes they are. */
export const STATISTICS_DESCRIPTORS: Descriptors = {
  messages: Object.fromEntries(
    Object.entries(FIELDS).map(([name, text]) => [
      name,
      Object.fromEntries(
        text.split(', ').map((each) => {
          const [fieldName = '', number = '', kind = ''] = each.split(' ');
          return [fieldName, fieldType(number, kind)];
        }),
      ),
    ]),
  ),
  enums: ENUMS,
};
