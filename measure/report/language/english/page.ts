/** What the page itself says, around everything that is in it. */
export const page = {
  sections: 'Sections',
  details: 'details',
};
